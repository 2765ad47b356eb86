import { serverEvents, type ServerEvent } from './events'
import type { AnswerEvent, Conversation, Credentials, Message, Person, Registration, Version } from './types'

/** An answer of the API that is not a success, or none at all (`status` 0). */
export class ApiError extends Error {
  override readonly name = 'ApiError'

  constructor(
    message: string,
    readonly status: number,
    /** How long the API asks to wait, in seconds; undefined where it does not say. */
    readonly retryAfterSeconds?: number,
  ) {
    super(message)
  }
}

export type Client = ReturnType<typeof createClient>

/**
 * The API as functions. Each of them rejects with an ApiError whose message can be shown to a person.
 *
 * @param base where the API lives, without a slash at the end.
 * @param send stands in for `fetch` in tests.
 */
export function createClient(base: string, send: typeof fetch = (...request) => fetch(...request)) {
  const ask = async (method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> => {
    const response = await reach(() => send(base + path, requestOf(method, body, signal)))
    if (!response.ok) throw await refusal(response)
    return response
  }
  const read = async <T>(method: string, path: string, body?: unknown): Promise<T> =>
    json<T>(await ask(method, path, body))

  return {
    register: (registration: Registration) => read<Person>('POST', '/register', registration),
    login: (credentials: Credentials) => read<Person>('POST', '/login', credentials),
    logout: () => ask('POST', '/logout'),
    me: () => read<Person>('GET', '/me'),
    conversations: () => read<Conversation[]>('GET', '/conversations'),
    startConversation: () => read<Conversation>('POST', '/conversations', {}),
    deleteConversation: (id: Conversation['id']) => ask('DELETE', `/conversations/${encodeURIComponent(id)}`),
    messages: (id: Conversation['id']) => read<Message[]>('GET', `/conversations/${encodeURIComponent(id)}/messages`),

    /** Sends *text* and yields the answer as it is written; rejects when the stream ends before its last event. */
    async *answer(id: Conversation['id'], text: string, signal: AbortSignal): AsyncGenerator<AnswerEvent> {
      const response = await ask('POST', `/conversations/${encodeURIComponent(id)}/messages`, { text }, signal)
      yield* answerEvents(response)
    },

    /** The release that runs; it is served beside the API, not under its base. */
    async version(): Promise<Version> {
      const response = await reach(() => send('/version', requestOf('GET')))
      if (!response.ok) throw await refusal(response)
      return json<Version>(response)
    },
  }
}

function requestOf(method: string, body?: unknown, signal?: AbortSignal): RequestInit {
  const request: RequestInit = { method, credentials: 'same-origin', headers: { Accept: 'application/json' } }
  if (signal) request.signal = signal
  if (body === undefined) return request
  return { ...request, headers: { ...request.headers, 'Content-Type': 'application/json' }, body: JSON.stringify(body) }
}

const unreachable = 'The server cannot be reached. Check your connection and try again.'
const unreadable = 'The server gave an answer that this page cannot read.'
const brokenOff = 'The answer broke off: the connection was lost.'

/** A stop that the person asked for stays an AbortError; every other failure becomes an ApiError that says *problem*. */
async function reach<T>(attempt: () => Promise<T>, problem = unreachable): Promise<T> {
  try {
    return await attempt()
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new ApiError(problem, 0)
  }
}

async function json<T>(response: Response): Promise<T> {
  return (await reach(() => response.json(), unreadable)) as T
}

async function refusal(response: Response): Promise<ApiError> {
  const wait = waitSeconds(response.headers.get('Retry-After'))
  const said = detailOf(await response.json().catch(() => undefined)) ?? explanation(response.status)
  return new ApiError(/try again/i.test(said) ? said : `${said} ${waitSentence(wait)}`.trim(), response.status, wait)
}

function waitSeconds(header: string | null): number | undefined {
  return header !== null && /^\d+$/.test(header) ? Number(header) : undefined
}

function waitSentence(seconds: number | undefined): string {
  if (seconds === undefined) return ''
  if (seconds < 90) return `Try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`
  return `Try again in ${Math.ceil(seconds / 60)} minutes.`
}

/** FastAPI's `detail` is a sentence, or a list of what is wrong with each field. */
function detailOf(body: unknown): string | undefined {
  const detail = (body as { detail?: unknown } | null | undefined)?.detail
  if (typeof detail === 'string') return sentence(detail)
  if (!Array.isArray(detail)) return undefined
  return detail.map(fieldFault).join(' ') || undefined
}

function fieldFault(fault: { loc?: unknown[]; msg?: string }): string {
  const field = String(fault.loc?.at(-1) ?? 'input')
  return sentence(`${field}: ${fault.msg ?? 'not accepted'}`)
}

function sentence(text: string): string {
  const trimmed = text.trim()
  const capital = trimmed.charAt(0).toUpperCase() + trimmed.slice(1)
  return /[.!?…]$/.test(capital) ? capital : `${capital}.`
}

function explanation(status: number): string {
  if (status === 401) return 'You are not logged in.'
  if (status === 404) return 'It does not exist, or not any more.'
  if (status === 413) return 'The message is too long.'
  if (status === 429) return 'Too many requests.'
  if (status >= 500) return 'The server has a problem. Try again in a moment.'
  return `The server refused the request (${status}).`
}

async function* answerEvents(response: Response): AsyncGenerator<AnswerEvent> {
  if (!response.body) throw new ApiError(brokenOff, 0)
  const events = serverEvents(response.body)
  const next = () => reach(() => events.next(), brokenOff)
  for (let step = await next(); !step.done; step = await next()) {
    const event = answerEvent(step.value)
    if (event) yield event
    if (event && event.kind !== 'token') return
  }
  throw new ApiError(brokenOff, 0)
}

/** Events of a name that this page does not know are left out, so that the API may grow. */
function answerEvent({ event, data }: ServerEvent): AnswerEvent | undefined {
  if (event !== 'token' && event !== 'done' && event !== 'error') return undefined
  const body = parsed(data)
  if (event === 'token') return { kind: 'token', text: body.text }
  if (event === 'done') return { kind: 'done', messageId: body.message_id }
  return { kind: 'error', message: sentence(body.message) }
}

function parsed(data: string): { text: string; message_id: Message['id']; message: string } {
  try {
    return JSON.parse(data) as ReturnType<typeof parsed>
  } catch {
    throw new ApiError(unreadable, 0)
  }
}
