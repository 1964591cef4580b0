// Credential plugins of a kubeconfig are programs that a file names: which of them may run is the user's own word, given
// once at a terminal or kept in the user's own configuration, never in a project's files (DESIGN section 1, execPlugins).
import { chmodSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { StormportError } from '../../core/errors.ts'
import { plainText } from '../render/plain-text.ts'
import type { World } from '../world.ts'

export interface PluginQuestion {
  readonly command: string
  readonly args: readonly string[]
}

export interface Plugins {
  /** Commands that always may. */
  allowed(): readonly string[]
  /** null: there is nobody to ask. */
  readonly ask: ((question: PluginQuestion) => Promise<boolean>) | null
}

export const createPlugins = (
  world: World,
  { interactive, asking }: { readonly interactive: boolean; readonly asking: (open: boolean) => void },
  signal: AbortSignal,
): Plugins => {
  const file = pluginsFile(world.env)
  const answers = new Map<string, Promise<boolean>>()
  let last: Promise<unknown> = Promise.resolve()
  const askOnce = (question: PluginQuestion): Promise<boolean> => {
    // Several targets sign in at once: one question at a time.
    const answer = last.then(() => askUser(question, { world, file, asking }, signal))
    last = answer.catch(() => undefined)
    return answer
  }
  return {
    allowed: () => readAllowed(file),
    ask: interactive
      ? (question) => {
          const known = answers.get(question.command) ?? askOnce(question)
          answers.set(question.command, known)
          return known
        }
      : null,
  }
}

/** One for all projects of this user. */
export const pluginsFile = (env: World['env']): string =>
  join(env['XDG_CONFIG_HOME'] || join(env['HOME'] || homedir(), '.config'), 'stormport', 'exec-plugins.json')

/** A file that others may write to says nothing about what the user wants. */
export const readAllowed = (file: string): readonly string[] => {
  let parsed: unknown
  try {
    if ((statSync(file).mode & 0o022) !== 0) throw spoiled(file, 'may be written by others', `chmod go-w ${file}`)
    parsed = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    if (error instanceof StormportError) throw error
    throw spoiled(file, 'cannot be read', 'correct it, or remove it', error)
  }
  const list: unknown = typeof parsed === 'object' && parsed !== null && 'allow' in parsed ? parsed.allow : null
  if (!Array.isArray(list)) throw spoiled(file, 'holds no list `allow`', 'write { "allow": ["COMMAND"] }')
  return list.filter((entry) => typeof entry === 'string')
}

const spoiled = (file: string, what: string, hint: string, cause?: unknown): StormportError =>
  new StormportError('BadInput', `${file} ${what}`, {
    diagnostic: 'SP1512',
    source: 'user',
    hint,
    ...(cause === undefined ? {} : { cause }),
  })

/** Whole or not at all, readable by the user alone. */
const remember = (file: string, command: string): void => {
  const allow = [...new Set([...readAllowed(file), command])].sort()
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  writeFileSync(`${file}.new`, `${JSON.stringify({ allow }, null, 2)}\n`, { mode: 0o600 })
  chmodSync(`${file}.new`, 0o600)
  renameSync(`${file}.new`, file)
}

interface Asking {
  readonly world: World
  readonly file: string
  readonly asking: (open: boolean) => void
}

const askUser = async (
  { command, args }: PluginQuestion,
  { world, file, asking }: Asking,
  signal: AbortSignal,
): Promise<boolean> => {
  const words = [command, ...withoutSecrets(args)].map(plainText).join(' ')
  world.stderr.write(`The kubeconfig signs in by running a program:\n  ${words}\n`)
  asking(true)
  const reader = createInterface({ input: world.stdin, output: world.stderr.stream })
  try {
    const answer = (await reader.question('Run it? [y]es this time, [a]lways, [N]o ', { signal })).trim().toLowerCase()
    if (['a', 'always'].includes(answer)) remember(file, command)
    return ['y', 'yes', 'a', 'always'].includes(answer)
  } finally {
    reader.close()
    asking(false)
  }
}

const SECRET = /token|secret|password|passwd|credential|private|api-?key/i

/** `--token x` and `--token=x` are shown without x. */
const withoutSecrets = (args: readonly string[]): readonly string[] =>
  args.map((arg, at) => {
    const [flag, value] = [arg.split('=')[0] ?? '', arg.includes('=')]
    if (value && flag.startsWith('-') && SECRET.test(flag)) return `${flag}=***`
    const before = args[at - 1] ?? ''
    return !arg.startsWith('-') && before.startsWith('-') && !before.includes('=') && SECRET.test(before) ? '***' : arg
  })
