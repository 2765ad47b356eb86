/** The API's shapes, as app/backend answers them. */

export interface Person {
  username: string
}

export interface Credentials {
  username: string
  password: string
}

export interface Registration extends Credentials {
  email?: string
}

export interface Conversation {
  id: number | string
  title: string
  created_at: string
}

export interface Message {
  id: number | string
  role: 'user' | 'assistant'
  text: string
  created_at: string
  /** False when the answer was cut off before its end. */
  complete: boolean
}

export interface Version {
  release: string
  revision?: string
}

/** What a stream of an answer is made of. */
export type AnswerEvent =
  | { kind: 'token'; text: string }
  | { kind: 'done'; messageId: Message['id'] }
  | { kind: 'error'; message: string }
