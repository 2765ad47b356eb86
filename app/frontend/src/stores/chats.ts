import { defineStore } from 'pinia'
import { reactive } from 'vue'

import { api, ApiError } from '../api'
import type { Message } from '../api/types'
import { useAnnouncer } from './announcer'

/** A message on the page. */
export interface ShownMessage extends Pick<Message, 'role' | 'text'> {
  key: string
  /** Why an answer is not whole; empty where it is, or may still become so. */
  trouble: string
  /** Whether it was sent or answered since the page was loaded: only its trouble is news. */
  fresh: boolean
}

/** One conversation as the page holds it. */
export interface Chat {
  id: string
  messages: ShownMessage[]
  loading: boolean
  /** What went wrong, in words for the person; empty when nothing did. */
  failure: string
  /** Text that is written and not sent; it survives a look at another conversation. */
  draft: string
  /** Stops the answer that is streaming; absent when none is. */
  stop: (() => void) | undefined
}

/** The conversations looked at since the page was loaded; an answer streams on while another is looked at. */
export const useChats = defineStore('chats', () => {
  const chats = reactive(new Map<string, Chat>())

  function chatOf(id: string): Chat {
    if (!chats.has(id)) chats.set(id, { id, messages: [], loading: false, failure: '', draft: '', stop: undefined })
    return chats.get(id) as Chat
  }

  /** Fetches the messages, unless an answer is streaming: the page then knows more than the API. */
  async function load(id: string): Promise<void> {
    const chat = chatOf(id)
    if (chat.stop || chat.loading) return
    chat.loading = true
    chat.failure = ''
    try {
      const messages = await api.messages(id)
      if (!chat.stop) chat.messages = messages.map(shown)
    } finally {
      chat.loading = false
    }
  }

  /**
   * Sends *text* and shows the answer as it comes; where it was refused, the text goes back to the draft.
   *
   * @param begun is called once the API has taken the message and the answer begins.
   */
  async function send(id: string, text: string, begun: () => void): Promise<void> {
    const chat = chatOf(id)
    const abort = new AbortController()
    chat.failure = ''
    chat.stop = () => abort.abort()
    const question = append(chat, 'user', text)
    const answer = append(chat, 'assistant', '')
    try {
      await receive(id, text, answer, abort.signal, begun)
    } catch (error) {
      if (isRefusal(error)) {
        takeBack(chat, question, answer)
        throw error
      }
      answer.trouble = abort.signal.aborted ? 'Stopped.' : wordsOf(error)
    } finally {
      chat.stop = undefined
    }
  }

  function $reset(): void {
    for (const chat of chats.values()) chat.stop?.()
    chats.clear()
  }

  return { chatOf, load, send, forget: (id: string) => void chats.delete(id), $reset }
})

let sent = 0

function append(chat: Chat, role: Message['role'], text: string): ShownMessage {
  sent += 1
  chat.messages.push({ key: `sent-${sent}`, role, text, trouble: '', fresh: true })
  return chat.messages.at(-1) as ShownMessage
}

/** Whether the API said no, so that the message was not kept there either. */
function isRefusal(error: unknown): boolean {
  return error instanceof ApiError && error.status > 0
}

function takeBack(chat: Chat, question: ShownMessage, answer: ShownMessage): void {
  chat.messages = chat.messages.filter((message) => message.key !== question.key && message.key !== answer.key)
  chat.draft ||= question.text
}

async function receive(
  id: string, text: string, answer: ShownMessage, signal: AbortSignal, begun: () => void,
): Promise<void> {
  const announcer = useAnnouncer()
  announcer.begin()
  let hasBegun = false
  try {
    for await (const event of api.answer(id, text, signal)) {
      if (!hasBegun) begun()
      hasBegun = true
      if (event.kind === 'error') answer.trouble = event.message
      if (event.kind !== 'token') break
      answer.text += event.text
      announcer.hear(answer.text)
    }
  } finally {
    announcer.finish(answer.text)
  }
}

function shown(message: Message): ShownMessage {
  const { id, role, text, complete } = message
  const trouble = role === 'assistant' && !complete ? 'This answer was not finished.' : ''
  return { key: String(id), role, text, trouble, fresh: false }
}

/** A failure in words for the person. */
export function wordsOf(error: unknown): string {
  return error instanceof ApiError ? error.message : 'Something went wrong in this page. Reload it and try again.'
}
