import { defineStore } from 'pinia'
import { ref } from 'vue'

import { endOfSentences } from '../speech'

/** What the page's polite live region says: news, and answers sentence by sentence. */
export const useAnnouncer = defineStore('announcer', () => {
  const said = ref('')
  let heard = 0

  function say(text: string): void {
    said.value = text
  }

  function begin(): void {
    heard = 0
    say('The answer is being written.')
  }

  /** *text* is the whole answer so far. */
  function hear(text: string): void {
    const end = endOfSentences(text, heard)
    if (end === heard) return
    say(text.slice(heard, end))
    heard = end
  }

  function finish(text: string): void {
    say(`${text.slice(heard)} End of the answer.`.trim())
  }

  return { said, say, begin, hear, finish }
})
