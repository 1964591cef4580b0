// The loader's view of a corpus case that exists only in memory, below /ROOT.
import { dirname, join } from 'node:path'
import type { Files } from '../../core/ports.ts'
import type { Case } from './corpus.ts'

export const ROOT = '/ROOT'

export const memoryFiles = (files: Case['files']): Files => {
  const texts = new Map(Object.entries(files).map(([path, text]) => [join(ROOT, path), text]))
  const folders = new Set<string>(['/', ROOT, join(ROOT, 'app')])
  for (const path of texts.keys()) {
    for (let at = dirname(path); !folders.has(at); at = dirname(at)) folders.add(at)
  }
  const exists: Files['exists'] = (path) => (texts.has(path) ? 'file' : folders.has(path) ? 'directory' : undefined)
  return {
    read: (path) => texts.get(path),
    exists,
    realpath: (path) => (exists(path) === undefined ? undefined : path),
    list: (path) => [...texts.keys()].filter((file) => dirname(file) === path),
  }
}
