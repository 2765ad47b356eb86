import { expect, test } from 'vitest'

import { endOfSentences } from './speech'

test.each([
  ['', 0],
  ['A sentence that is not', 0],
  ['It may go on.', 0],
  ['Done. And', 6],
  ['One. Two! Three? Fo', 17],
  ['Version 1.30.6 is', 0],
  ['(In brackets.) And', 15],
  ['一句话。又', 4],
  ['a line\nanother', 7],
])('of %j the first %i characters are ready to be read', (text, end) => {
  expect(endOfSentences(text, 0)).toBe(end)
})

test('what was read before is not read again', () => {
  expect(endOfSentences('One. Two. Th', 5)).toBe(10)
  expect(endOfSentences('One. Tw', 5)).toBe(5)
})
