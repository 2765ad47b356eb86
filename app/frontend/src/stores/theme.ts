import { defineStore } from 'pinia'
import { ref, watch } from 'vue'

export const themes = ['system', 'light', 'dark'] as const
export type Theme = (typeof themes)[number]

const place = 'agentchat.theme'

/** Light or dark, chosen or as the system has it. The choice stays in this browser. */
export const useTheme = defineStore('theme', () => {
  const kept = localStorage.getItem(place)
  const theme = ref<Theme>(themes.find((known) => known === kept) ?? 'system')

  /** base.css reads the attribute; without it the system decides. */
  function apply(): void {
    document.documentElement.toggleAttribute('data-theme', theme.value !== 'system')
    if (theme.value !== 'system') document.documentElement.dataset['theme'] = theme.value
  }

  watch(theme, (chosen) => {
    localStorage.setItem(place, chosen)
    apply()
  })

  return { theme, apply }
})
