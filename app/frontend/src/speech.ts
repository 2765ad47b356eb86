/**
 * How far into *text* its last finished sentence reaches, from *start* on; *start* when none is finished.
 *
 * A screen reader that is handed single words as they stream says them over each other; sentences it can read.
 */
export function endOfSentences(text: string, start: number): number {
  let end = start
  const stops = /[.!?…:]['")\]]*\s|[。！？]|\n/gu
  stops.lastIndex = start
  while (stops.exec(text)) end = stops.lastIndex
  return end
}
