import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

import type { Plugin } from 'vite'

const compressed = promisify(gzip)
const compressible = /\.(?:css|html|js|json|svg|txt|webmanifest)$/

/** Writes `name.gz` beside each compressible file of the build, for nginx's `gzip_static`. */
export function precompress(): Plugin {
  let folder = ''
  return {
    name: 'precompress',
    apply: 'build',
    configResolved: (config) => void (folder = join(config.root, config.build.outDir)),
    closeBundle: () => precompressFolder(folder),
  }
}

/** Leaves alone what would not get smaller: nginx then sends the file as it is. */
export async function precompressFolder(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile() && compressible.test(entry.name))
  await Promise.all(files.map((file) => precompressFile(join(file.parentPath, file.name))))
}

async function precompressFile(path: string): Promise<void> {
  const plain = await readFile(path)
  const small = await compressed(plain, { level: 9 })
  if (small.length < plain.length) await writeFile(`${path}.gz`, small)
}
