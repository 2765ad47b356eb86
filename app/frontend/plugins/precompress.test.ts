import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { precompressFolder } from './precompress'

let folder = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'precompress-'))
  await mkdir(join(folder, 'assets'))
})

afterEach(() => rm(folder, { recursive: true }))

test('a script gets a smaller twin that unpacks to the same bytes', async () => {
  const script = 'console.log("again and again");\n'.repeat(50)
  await writeFile(join(folder, 'assets', 'page.js'), script)

  await precompressFolder(folder)

  const twin = await readFile(join(folder, 'assets', 'page.js.gz'))
  expect(gunzipSync(twin).toString()).toBe(script)
  expect(twin.length).toBeLessThan(script.length)
})

test('files that would not shrink, and pictures, get no twin', async () => {
  await writeFile(join(folder, 'tiny.css'), 'a{}')
  await writeFile(join(folder, 'photo.png'), 'x'.repeat(1000))

  await precompressFolder(folder)

  expect((await readdir(folder)).sort()).toEqual(['assets', 'photo.png', 'tiny.css'])
})
