// The loader's view of a real folder, for tests.
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import type { Files } from '../../core/ports.ts'

export const nodeFiles: Files = {
  read: (path) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined),
  exists: (path) => {
    if (!existsSync(path)) return undefined
    return statSync(path).isDirectory() ? 'directory' : 'file'
  },
  realpath: (path) => (existsSync(path) ? realpathSync(path) : undefined),
  list: (path) => readdirSync(path),
}
