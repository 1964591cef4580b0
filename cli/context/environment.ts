// What surrounds the process, as data: its folder, its variables, where this user's state lies, and its files.
import { homedir } from 'node:os'
import type { Files } from '../../core/ports.ts'
import { stateHome } from '../../providers/local/paths.ts'
import { createFiles } from './files.ts'

export interface Environment {
  readonly cwd: string
  /** Set variables only. */
  readonly env: Readonly<Record<string, string>>
  readonly stateDir: string
  readonly files: Files
}

export const createEnvironment = (cwd: string, env: Readonly<Record<string, string | undefined>>): Environment => ({
  cwd,
  env: Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined)),
  stateDir: stateHome(env, homedir()),
  files: createFiles(),
})
