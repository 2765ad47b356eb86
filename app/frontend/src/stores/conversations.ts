import { defineStore } from 'pinia'
import { ref } from 'vue'

import { api } from '../api'
import type { Conversation } from '../api/types'

/** The person's conversations, in the order the API gives. */
export const useConversations = defineStore('conversations', () => {
  const all = ref<Conversation[]>([])
  const loaded = ref(false)

  async function load(): Promise<void> {
    all.value = await api.conversations()
    loaded.value = true
  }

  async function start(): Promise<Conversation> {
    const conversation = await api.startConversation()
    all.value = [conversation, ...all.value]
    return conversation
  }

  async function remove(id: Conversation['id']): Promise<void> {
    await api.deleteConversation(id)
    all.value = all.value.filter((conversation) => conversation.id !== id)
  }

  function $reset(): void {
    all.value = []
    loaded.value = false
  }

  return { all, loaded, load, start, remove, $reset }
})

/** What to call *conversation* where the API has no title for it yet. */
export function titleOf(conversation: Conversation | undefined): string {
  return conversation?.title || 'New conversation'
}
