import { expect, test } from 'vitest'

import { serverEvents, type ServerEvent } from './events'

async function eventsOf(...chunks: (string | Uint8Array)[]): Promise<ServerEvent[]> {
  const encoder = new TextEncoder()
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(typeof chunk === 'string' ? encoder.encode(chunk) : chunk)
      controller.close()
    },
  })
  const found: ServerEvent[] = []
  for await (const event of serverEvents(body)) found.push(event)
  return found
}

const hello = { event: 'token', data: 'hello' }

test('an event has its name and its data', async () => {
  expect(await eventsOf('event: token\ndata: hello\n\n')).toEqual([hello])
})

test('an event without a name is a message', async () => {
  expect(await eventsOf('data: hello\n\n')).toEqual([{ event: 'message', data: 'hello' }])
})

test('the name of one event does not reach the next', async () => {
  expect(await eventsOf('event: token\ndata: hello\n\ndata: x\n\n')).toEqual([hello, { event: 'message', data: 'x' }])
})

test.each(['\n', '\r', '\r\n'])('lines may end in %j', async (end) => {
  expect(await eventsOf(['event: token', 'data: hello', '', ''].join(end))).toEqual([hello])
})

test('a stream cut at any byte gives the same events', async () => {
  const bytes = new TextEncoder().encode('event: token\r\ndata: grün 漢字 👍\r\n\r\nevent: done\ndata: 1\n\n')
  const whole = await eventsOf(bytes)

  for (let cut = 0; cut <= bytes.length; cut += 1) {
    expect(await eventsOf(bytes.slice(0, cut), bytes.slice(cut))).toEqual(whole)
  }
  expect(whole).toEqual([{ event: 'token', data: 'grün 漢字 👍' }, { event: 'done', data: '1' }])
})

test('several data lines are one text with line breaks', async () => {
  expect(await eventsOf('data: one\ndata:\ndata: three\n\n')).toEqual([{ event: 'message', data: 'one\n\nthree' }])
})

test('only the first space after the colon is dropped', async () => {
  expect(await eventsOf('data:  two: spaces\n\n')).toEqual([{ event: 'message', data: ' two: spaces' }])
})

test('comments, unknown fields and events without data say nothing', async () => {
  expect(await eventsOf(': ping\n\nid: 4\nretry: 10\nevent: token\n\nnonsense\n\n')).toEqual([])
})

test('a byte order mark at the start is not part of the first field', async () => {
  expect(await eventsOf('\uFEFFdata: hello\n\n')).toEqual([{ event: 'message', data: 'hello' }])
})

test('an event that the end of the stream cuts off is dropped', async () => {
  expect(await eventsOf('event: token\ndata: hello\n\nevent: token\ndata: hal')).toEqual([hello])
})

test('a reader that stops early cancels the stream', async () => {
  let cancelled = false
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode('data: a\n\ndata: b\n\n')),
    cancel: () => void (cancelled = true),
  })

  for await (const event of serverEvents(body)) {
    expect(event.data).toBe('a')
    break
  }

  expect(cancelled).toBe(true)
})
