// Where this user's state lies and what surrounds the process (DESIGN section 11): never keyed by uid, never in a folder
// that vanishes at logout.
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { StormportError } from '../../core/errors.ts'
import type { Files } from '../../core/ports.ts'

export interface Environment {
  readonly cwd: string
  /** Set variables only. */
  readonly env: Readonly<Record<string, string>>
  readonly stateDir: string
  readonly files: Files
}

export const stateDirOf = (env: Readonly<Record<string, string | undefined>>): string => {
  const named = env['STORMPORT_HOME']
  if (named !== undefined && named !== '') return absoluteOrRefuse('STORMPORT_HOME', named)
  // The XDG rule: a relative path counts as not set.
  const xdg = env['XDG_STATE_HOME']
  if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, 'stormport')
  return join(env['HOME'] ?? homedir(), '.local', 'state', 'stormport')
}

export const setVariables = (env: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined))

const absoluteOrRefuse = (name: string, path: string): string => {
  if (isAbsolute(path)) return path
  throw new StormportError('BadInput', `${name} is not an absolute path: ${path}`, { diagnostic: 'SP1503', source: 'user', hint: `set ${name} to an absolute path` })
}
