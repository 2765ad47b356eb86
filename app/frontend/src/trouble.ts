import { useRouter } from 'vue-router'

import { ApiError } from './api'
import { wordsOf } from './stores/chats'
import { useSession } from './stores/session'

/** A function that puts a failure into words; where the session has ended, it leads back to the log in instead. */
export function useTrouble(): (error: unknown) => string {
  const router = useRouter()
  const session = useSession()
  return (error) => {
    if (!(error instanceof ApiError && error.status === 401)) return wordsOf(error)
    session.end('Your session has ended. Log in again.')
    void router.push({ name: 'login', query: { next: router.currentRoute.value.path } })
    return ''
  }
}
