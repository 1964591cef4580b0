// The flags that every verb takes, read once from words and environment into values. What is wrong is told at once, with
// the flag's name.
import { isAbsolute, resolve } from 'node:path'
import { closest } from '../core/config/suggest.ts'
import { StormportError } from '../core/errors.ts'
import { readDuration } from '../core/model/duration.ts'
import type { Consent } from '../core/model/plan.ts'
import { createFlags, type Flags } from './call.ts'

export type ProgressMode = 'auto' | 'tty' | 'plain' | 'json' | 'quiet'

export interface Options {
  /** null: discovery. */
  readonly files: readonly string[] | null
  readonly config: string | null
  readonly projectName: string | null
  readonly profiles: readonly string[]
  readonly envFiles: readonly string[]
  readonly targets: readonly string[] | null
  readonly json: boolean
  readonly allowPaths: readonly string[]
  readonly projectRoot: string | null
  readonly progress: ProgressMode
  readonly color: boolean
  readonly allow: readonly Consent[]
  readonly allowRisks: readonly string[]
  readonly timeoutMs: number | null
  readonly lockWaitMs: number
}

type Environment = Readonly<Record<string, string | undefined>>

const PROGRESS: readonly ProgressMode[] = ['auto', 'tty', 'plain', 'json', 'quiet']
const CONSENTS: readonly Consent[] = ['apply', 'expose', 'spend', 'destroy', 'override']
const RISKS = ['hostPath']
const LOCK_WAIT_MS = 30_000
const LOCK_WAIT_CI_MS = 600_000

export const readOptions = (raw: Readonly<Record<string, unknown>>, cwd: string, env: Environment): Options => {
  const flags = createFlags(raw)
  const words = allowWords(flags, env)
  const yes = flags.on('yes') || isYes(env['STORMPORT_YES'])
  return {
    files: orNull(flags.list('file')),
    config: flags.text('config'),
    projectName: flags.text('projectName'),
    profiles: flags.list('profile'),
    envFiles: flags.list('envFile'),
    targets: orNull(flags.list('target')),
    json: flags.on('json') || flags.text('progress') === 'json',
    allowPaths: flags.list('allowPath').map((dir) => absolute(cwd, dir)),
    projectRoot: flags.text('projectRoot') === null ? null : absolute(cwd, flags.text('projectRoot') ?? ''),
    progress: progressMode(flags.text('progress') ?? 'auto'),
    color: !flags.off('color'),
    allow: CONSENTS.filter((word) => words.includes(word) || (word === 'apply' && yes)),
    allowRisks: RISKS.filter((word) => words.includes(word)),
    timeoutMs: durationOf(flags, 'timeout'),
    lockWaitMs: durationOf(flags, 'lockWait') ?? (isYes(env['CI']) ? LOCK_WAIT_CI_MS : LOCK_WAIT_MS),
  }
}

/** The value of a duration flag in milliseconds; null when it is not given. */
export const durationOf = (flags: Flags, name: string): number | null => {
  const text = flags.text(name)
  if (text === null) return null
  const parsed = readDuration(text)
  if (parsed.ok) return parsed.value
  throw badValue(name, parsed.reason, parsed.hint)
}

export const badValue = (name: string, reason: string, hint: string): StormportError =>
  new StormportError('BadInput', `--${dashed(name)}: ${reason}`, { diagnostic: 'SP1503', source: 'user', hint })

/** One of a closed set of words, or an error that names the nearest. */
export const choiceOf = <T extends string>(name: string, text: string, choices: readonly T[]): T => {
  const found = choices.find((choice) => choice === text)
  if (found !== undefined) return found
  const near = closest(text, choices)
  throw badValue(
    name,
    `"${text}" is none of ${choices.join(', ')}`,
    near === null ? `write one of ${choices.join(', ')}` : `did you mean ${near}?`,
  )
}

/** '1', 'true' and any other text but '0', 'false' and nothing. */
export const isYes = (text: string | undefined): boolean =>
  text !== undefined && !['', '0', 'false', 'no'].includes(text.toLowerCase())

const progressMode = (text: string): ProgressMode => choiceOf('progress', text, PROGRESS)

const allowWords = (flags: Flags, env: Environment): readonly string[] => {
  const given = [...flags.list('allow'), env['STORMPORT_ALLOW'] ?? '']
  const words = given
    .flatMap((text) => text.split(','))
    .map((word) => word.trim())
    .filter((word) => word !== '')
  return words.map((word) => choiceOf('allow', word, [...CONSENTS, ...RISKS]))
}

const orNull = (list: readonly string[]): readonly string[] | null => (list.length === 0 ? null : list)
const absolute = (cwd: string, path: string): string => (isAbsolute(path) ? path : resolve(cwd, path))
const dashed = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
