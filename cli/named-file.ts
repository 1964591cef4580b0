// Files that the command line names: relative to the working directory, and they must exist.
import { resolve } from 'node:path'
import { StormportError } from '../core/errors.ts'
import type { Files } from '../core/ports.ts'

export const inFolder = (cwd: string, file: string): string => resolve(cwd, file)

export const readNamed = (files: Files, path: string): string => {
  const text = files.read(path)
  if (text !== undefined) return text
  throw new StormportError('BadInput', `${path} does not exist`, {
    diagnostic: 'SP1504',
    source: 'user',
    hint: 'check the path',
  })
}
