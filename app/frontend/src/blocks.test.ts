import { expect, test } from 'vitest'

import { blocksOf } from './blocks'

test('text without fences is one run of prose, its line breaks kept', () => {
  expect(blocksOf('one\n\ntwo')).toEqual([{ kind: 'prose', text: 'one\n\ntwo' }])
})

test('no text is no block', () => {
  expect(blocksOf('')).toEqual([])
})

test('code between fences keeps its indentation and loses the fences', () => {
  expect(blocksOf('Try:\n\n```python\n  if a:\n    b()\n```\nDone.')).toEqual([
    { kind: 'prose', text: 'Try:' },
    { kind: 'code', text: '  if a:\n    b()' },
    { kind: 'prose', text: 'Done.' },
  ])
})

test('a fence that is still open holds all that follows', () => {
  expect(blocksOf('```\nx = 1\ny =')).toEqual([{ kind: 'code', text: 'x = 1\ny =' }])
})

test('three marks inside a line are no fence', () => {
  expect(blocksOf('say ``` aloud')).toEqual([{ kind: 'prose', text: 'say ``` aloud' }])
})
