import { defineStore } from 'pinia'
import { ref } from 'vue'

import { api, ApiError } from '../api'
import type { Credentials, Person, Registration } from '../api/types'
import { useChats } from './chats'
import { useConversations } from './conversations'

/** Remembers that a session was begun here; the session itself is a cookie that no script can read. */
const hint = 'agentchat.session'

/** Who is logged in. */
export const useSession = defineStore('session', () => {
  const username = ref<string>()
  /** Why the person has to log in again; empty when they left of their own will. */
  const notice = ref('')
  let resumed = false

  /** Asks once whether an earlier session still holds; never, where none was begun. */
  async function resume(): Promise<void> {
    if (resumed) return
    resumed = true
    if (localStorage.getItem(hint) === null) return
    try {
      username.value = (await api.me()).username
    } catch (error) {
      end(error instanceof ApiError && error.status !== 401 ? error.message : '')
    }
  }

  async function login(credentials: Credentials): Promise<void> {
    begin(await api.login(credentials))
  }

  /** Whoever has registered is logged in as well. */
  async function register(registration: Registration): Promise<void> {
    begin(await api.register(registration))
  }

  function begin(person: Person): void {
    username.value = person.username
    notice.value = ''
    localStorage.setItem(hint, '1')
  }

  async function logout(): Promise<void> {
    await api.logout()
    end()
  }

  /** Forgets the person and all that was theirs. */
  function end(why = ''): void {
    username.value = undefined
    notice.value = why
    localStorage.removeItem(hint)
    useChats().$reset()
    useConversations().$reset()
  }

  return { username, notice, resume, login, register, logout, end }
})
