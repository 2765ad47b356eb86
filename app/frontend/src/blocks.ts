/** A run of prose, or of code that stood between fences. */
export interface Block {
  kind: 'prose' | 'code'
  text: string
}

/** Parts *text* at its code fences (```); a fence that is still open while the answer streams holds all that follows. */
export function blocksOf(text: string): Block[] {
  const blocks: Block[] = []
  for (const [index, part] of text.split(/^```.*\n?/m).entries()) {
    const kind = index % 2 === 0 ? 'prose' : 'code'
    const trimmed = kind === 'code' ? part.replace(/\n$/, '') : part.trim()
    if (trimmed) blocks.push({ kind, text: trimmed })
  }
  return blocks
}
