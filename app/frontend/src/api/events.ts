/** One server-sent event: `event` is "message" where the stream names none. */
export interface ServerEvent {
  event: string
  data: string
}

/**
 * Yields the events of a text/event-stream as they become whole.
 *
 * EventSource cannot send a POST, so the body of a fetch is read instead. An event that the end
 * of the stream cuts off is dropped, and `id` and `retry` are ignored: nothing here reconnects.
 *
 * Source: HTML Standard, section 9.2.6, "Interpreting an event stream".
 */
export async function* serverEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  let event = ''
  let data: string[] = []
  for await (const line of lines(body)) {
    if (line === '') {
      if (data.length > 0) yield { event: event || 'message', data: data.join('\n') }
      event = ''
      data = []
      continue
    }
    const [field, value] = fieldOf(line)
    if (field === 'event') event = value
    if (field === 'data') data.push(value)
  }
}

/** A comment (`: text`) has the empty name. */
function fieldOf(line: string): [name: string, value: string] {
  const colon = line.indexOf(':')
  if (colon < 0) return [line, '']
  const value = line.slice(colon + 1)
  return [line.slice(0, colon), value.startsWith(' ') ? value.slice(1) : value]
}

/** Whole lines, ended by LF, CR or CRLF, wherever the network cut the bytes. */
async function* lines(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = ''
  for await (const text of decoded(body)) {
    rest += text
    for (let end = lineEnd(rest); end; end = lineEnd(rest)) {
      yield rest.slice(0, end.index)
      rest = rest.slice(end.index + end[0].length)
    }
  }
  // A carriage return was held back, since a line feed might have followed; none did.
  if (rest.endsWith('\r')) yield rest.slice(0, -1)
}

function lineEnd(text: string): RegExpExecArray | null {
  return /\r\n|\n|\r(?!$)/.exec(text)
}

/** Cancels the body when the reader stops early, so that the connection ends with it. */
async function* decoded(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  try {
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      yield decoder.decode(chunk.value, { stream: true })
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}
