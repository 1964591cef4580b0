// The Files port on the real file system. What is absent is undefined; what is refused is an error with the path.
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { StormportError } from '../../core/errors.ts'
import type { Files } from '../../core/ports.ts'

const STDIN = 0

export const createFiles = (): Files => ({
  read: (path) =>
    path === '-' ? readFileSync(STDIN, 'utf8') : absentAs(undefined, path, () => readFileSync(path, 'utf8')),
  exists: (path) => absentAs(undefined, path, () => kindOf(path)),
  realpath: (path) => absentAs(undefined, path, () => realpathSync(path)),
  list: (path) => absentAs([], path, () => readdirSync(path).sort()),
})

const kindOf = (path: string): 'file' | 'directory' => (statSync(path).isDirectory() ? 'directory' : 'file')

const absentAs = <T>(absent: T, path: string, look: () => T): T => {
  try {
    return look()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (code === 'ENOENT' || code === 'ENOTDIR') return absent
    throw new StormportError('BadInput', `cannot read ${path}: ${REASONS[code] ?? code}`, {
      diagnostic: 'SP1504',
      source: 'user',
      hint: 'name a file that you may read',
      cause: error,
    })
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
  ELOOP: 'its links go round in a circle',
  ENAMETOOLONG: 'the name is too long',
}
