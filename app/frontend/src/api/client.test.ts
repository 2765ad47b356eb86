import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import { afterEach, expect, test } from 'vitest'

import { ApiError, createClient } from './client'
import type { AnswerEvent } from './types'

let server: Server | undefined

afterEach(async () => {
  server?.closeAllConnections()
  await new Promise((closed) => (server ? server.close(closed) : closed(undefined)))
  server = undefined
})

/** A client of a real server on a free port that answers with *listener*. */
async function clientOf(listener: RequestListener) {
  const running = createServer(listener)
  server = running
  await new Promise<void>((ready) => running.listen(0, '127.0.0.1', ready))
  const { port } = running.address() as AddressInfo
  return createClient(`http://127.0.0.1:${port}/api`)
}

function answering(status: number, body: string, headers: Record<string, string> = {}): RequestListener {
  return (_request, response) => response.writeHead(status, headers).end(body)
}

function streaming(...events: [name: string, data: unknown][]): RequestListener {
  const text = events.map(([name, data]) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`).join('')
  return answering(200, text, { 'Content-Type': 'text/event-stream' })
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  return JSON.parse((await request.toArray()).join(''))
}

async function failure(promise: Promise<unknown>): Promise<ApiError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(ApiError)
  return error as ApiError
}

async function collected(events: AsyncIterable<AnswerEvent>): Promise<AnswerEvent[]> {
  const found: AnswerEvent[] = []
  for await (const event of events) found.push(event)
  return found
}

const anyTime = () => new AbortController().signal

test('logging in posts the name and the password as JSON', async () => {
  let seen: unknown
  const client = await clientOf(async (request, response) => {
    seen = [request.method, request.url, request.headers['content-type'], await bodyOf(request)]
    response.writeHead(200).end('{}')
  })

  await client.login({ username: 'ada', password: 'engine' })

  expect(seen).toEqual(['POST', '/api/login', 'application/json', { username: 'ada', password: 'engine' }])
})

test('an id is escaped, so it cannot name another path', async () => {
  let path: string | undefined
  const client = await clientOf((request, response) => {
    path = request.url
    response.writeHead(204).end()
  })

  await client.deleteConversation('../me')

  expect(path).toBe('/api/conversations/..%2Fme')
})

test('a refusal carries the words of the API', async () => {
  const client = await clientOf(answering(409, '{"detail": "this name is taken"}'))

  const error = await failure(client.register({ username: 'ada', password: 'engine' }))

  expect([error.message, error.status]).toEqual(['This name is taken.', 409])
})

test('a refusal of single fields names each of them', async () => {
  const detail = [
    { loc: ['body', 'username'], msg: 'String should have at least 3 characters' },
    { loc: ['body', 'password'], msg: 'Field required' },
  ]
  const client = await clientOf(answering(422, JSON.stringify({ detail })))

  const error = await failure(client.login({ username: 'a', password: '' }))

  expect(error.message).toBe('Username: String should have at least 3 characters. Password: Field required.')
})

test.each([
  ['1', 'Too many requests. Try again in 1 second.', 1],
  ['30', 'Too many requests. Try again in 30 seconds.', 30],
  ['600', 'Too many requests. Try again in 10 minutes.', 600],
  ['Wed, 21 Oct 2026 07:28:00 GMT', 'Too many requests.', undefined],
])('a 429 with Retry-After %j says how long to wait', async (header, message, seconds) => {
  const client = await clientOf(answering(429, '', { 'Retry-After': header }))

  const error = await failure(client.login({ username: 'ada', password: 'x' }))

  expect([error.message, error.retryAfterSeconds]).toEqual([message, seconds])
})

test('a refusal that says itself when to try again is not told twice', async () => {
  const client = await clientOf(answering(503, '{"detail": "the database is away; try again shortly"}', { 'Retry-After': '5' }))

  expect((await failure(client.conversations())).message).toBe('The database is away; try again shortly.')
})

test.each([
  [401, 'You are not logged in.'],
  [413, 'The message is too long.'],
  [502, 'The server has a problem. Try again in a moment.'],
])('a %i that is a page and not JSON is explained', async (status, message) => {
  const client = await clientOf(answering(status, '<h1>nginx</h1>', { 'Content-Type': 'text/html' }))

  expect((await failure(client.conversations())).message).toBe(message)
})

test('a server that is away is explained', async () => {
  const error = await failure(createClient('http://127.0.0.1:9/api').me())

  expect([error.message, error.status]).toEqual(['The server cannot be reached. Check your connection and try again.', 0])
})

test('a page where JSON should be is explained', async () => {
  const client = await clientOf(answering(200, '<!doctype html>'))

  expect((await failure(client.me())).message).toBe('The server gave an answer that this page cannot read.')
})

test('an answer arrives token by token and ends with its id', async () => {
  const client = await clientOf(
    streaming(['token', { text: 'Hel' }], ['later-invention', {}], ['token', { text: 'lo' }], ['done', { message_id: 7 }]),
  )

  expect(await collected(client.answer(1, 'hi', anyTime()))).toEqual([
    { kind: 'token', text: 'Hel' },
    { kind: 'token', text: 'lo' },
    { kind: 'done', messageId: 7 },
  ])
})

test('an error in the stream is an event, and the last one', async () => {
  const client = await clientOf(
    streaming(['token', { text: 'Hel' }], ['error', { message: 'the model is away' }], ['token', { text: 'lo' }]),
  )

  expect(await collected(client.answer(1, 'hi', anyTime()))).toEqual([
    { kind: 'token', text: 'Hel' },
    { kind: 'error', message: 'The model is away.' },
  ])
})

test('a stream that ends without its last event is a lost connection', async () => {
  const client = await clientOf(streaming(['token', { text: 'Hel' }]))

  const error = await failure(collected(client.answer(1, 'hi', anyTime())))

  expect(error.message).toBe('The answer broke off: the connection was lost.')
})

test('a connection that is cut in the middle of a stream is a lost connection', async () => {
  const client = await clientOf((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' })
    response.write('event: token\ndata: {"text": "Hel"}\n\n', () => response.destroy())
  })

  const error = await failure(collected(client.answer(1, 'hi', anyTime())))

  expect(error.message).toBe('The answer broke off: the connection was lost.')
})

test('a stop closes the connection and stays an AbortError', async () => {
  const stop = new AbortController()
  let closed: Promise<unknown> | undefined
  const client = await clientOf((_request, response) => {
    closed = new Promise((resolve) => response.on('close', resolve))
    response.writeHead(200, { 'Content-Type': 'text/event-stream' })
    response.write('event: token\ndata: {"text": "Hel"}\n\n')
  })
  const events = client.answer(1, 'hi', stop.signal)
  await events.next()

  stop.abort()

  await expect(events.next()).rejects.toMatchObject({ name: 'AbortError' })
  await closed
})
