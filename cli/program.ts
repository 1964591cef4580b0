// Words → verb and flags, by commander, from the table in verbs.ts. Global options may stand before and after the verb.
// Whatever is wrong with the words is one StormportError with a code; nothing is printed here but help and version.
import { Command, CommanderError, Help } from 'commander'
import { StormportError } from '../core/errors.ts'
import { globalOptions } from './global-options.ts'
import { laterVerbs } from './later-verbs.ts'
import { rootHelp } from './render/help.ts'
import type { OptionSpec, Verb } from './verb.ts'
import { verbs } from './verbs.ts'
import { packageVersion } from './version.ts'
import { longOf, notYet, ofCommander, unknownCommand } from './word-faults.ts'

export type Parsed =
  | { readonly kind: 'shown'; readonly exitCode: number }
  | {
      readonly kind: 'verb'
      readonly verb: Verb
      readonly args: readonly string[]
      readonly raw: Readonly<Record<string, unknown>>
    }

type Found = (verb: Verb, command: Command) => void

/** `print` takes the text of --help and --version. */
export const parseWords = (words: readonly string[], print: (text: string) => void): Parsed => {
  let parsed: Parsed = { kind: 'shown', exitCode: 0 }
  const program = createProgram(words, print, (verb, command) => {
    parsed = { kind: 'verb', verb, args: command.args, raw: mergedOptions(command) }
    refuseLater(verb, parsed.raw)
  })
  parsed = guard(() => program.parse([...words], { from: 'user' }), words) ?? parsed
  return parsed
}

/** Only what the words may mean is put together: sixty commands cost more than the rest of a start. */
const createProgram = (words: readonly string[], print: (text: string) => void, found: Found): Command => {
  const program = new Command('stormport')
    .description('Any port in a storm: one command deploys one Compose application to any mix of targets.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ writeOut: print, writeErr: () => undefined })
    .configureHelp({ formatHelp })
  for (const option of globalOptions) addOption(program, option)
  for (const verb of verbs.filter((known) => isNamed(words, known.path, known.aliases))) addVerb(program, verb, found)
  for (const path of laterVerbs.filter((known) => isNamed(words, known))) addLater(program, path)
  takeOptionsInside(program)
  return program
}

const isNamed = (words: readonly string[], path: readonly string[], aliases: readonly string[] = []): boolean =>
  words.includes(path[0] ?? '') || aliases.some((alias) => words.includes(alias))

/** Of the command as a whole the table's own help, of a verb commander's. */
const formatHelp = (command: Command, help: Help): string =>
  command.parent === null ? rootHelp() : new Help().formatHelp(command, help)

const addVerb = (program: Command, verb: Verb, found: Found): void => {
  const describe = (command: Command): Command => {
    for (const option of verb.options ?? []) addOption(command, option)
    if (verb.args !== undefined) command.arguments(verb.args)
    return command
      .description(verb.text)
      .addHelpText('after', '\nOptions of every command: stormport --help')
      .allowExcessArguments(false)
      .action(() => found(verb, command))
  }
  const [first = '', second] = verb.path
  if (second === undefined) {
    describe(program.command(first, { hidden: verb.load === null })).aliases([...(verb.aliases ?? [])])
    return
  }
  describe(groupOf(program, first).command(second))
  for (const alias of verb.aliases ?? []) describe(program.command(alias, { hidden: true }))
}

const addLater = (program: Command, path: readonly string[]): void => {
  const [first = '', second] = path
  const command =
    second === undefined
      ? program.command(first, { hidden: true })
      : groupOf(program, first, true).command(second, { hidden: true })
  command
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(() => {
      throw notYet(`stormport ${path.join(' ')}`)
    })
}

const GROUPS: Readonly<Record<string, string>> = {
  target: 'targets of the fleet',
  node: 'nodes of the targets',
  pool: 'pools of nodes',
  daemon: 'the local control plane',
  lock: 'locks of the application',
}

const groupOf = (program: Command, name: string, hidden = false): Command => {
  const known = program.commands.find((command) => command.name() === name)
  if (known !== undefined) return known
  const group = program.command(name, { hidden }).description(GROUPS[name] ?? name)
  takeOptionsInside(group)
  return group
}

/** Global options are added to a command only when it is called: adding them to all costs start-up time. */
const takeOptionsInside = (parent: Command): void => {
  parent.hook('preSubcommand', (_, command) => {
    const taken = new Set(command.options.flatMap((option) => [option.short, option.long]))
    for (const option of globalOptions) addOption(command, withoutTaken(option, taken), true)
  })
  parent.on('command:*', (operands: readonly string[]) => {
    throw unknownCommand(parent, operands[0] ?? '')
  })
}

/** `-f` is --file, except where the command says that it is --follow. */
const withoutTaken = (option: OptionSpec, taken: ReadonlySet<string | undefined>): OptionSpec => {
  const [short = '', long] = option.flags.split(', ')
  return long !== undefined && taken.has(short) ? { ...option, flags: long } : option
}

const collect = (value: string, previous: readonly string[] | undefined): readonly string[] => [
  ...(previous ?? []),
  value,
]

const addOption = (command: Command, spec: OptionSpec, hidden = false): void => {
  const option = command.createOption(spec.flags, spec.text)
  if (command.options.some((known) => known.long === option.long)) return
  if (spec.repeat) option.argParser(collect)
  command.addOption(hidden || spec.notYet ? option.hideHelp() : option)
}

/** What stands after the verb wins; repeatable options add up. */
const mergedOptions = (command: Command): Readonly<Record<string, unknown>> => {
  const merged: Record<string, unknown> = {}
  for (let at: Command | null = command; at !== null; at = at.parent) {
    for (const [name, value] of Object.entries(at.opts())) merged[name] = mergedValue(merged[name], value)
  }
  return merged
}

const mergedValue = (inner: unknown, outer: unknown): unknown => {
  if (Array.isArray(inner) && Array.isArray(outer)) return [...outer, ...inner]
  // `--no-color` is off where it stands, whatever the default of the other level.
  if (outer === false && inner === true) return false
  return inner ?? outer
}

const refuseLater = (verb: Verb, raw: Readonly<Record<string, unknown>>): void => {
  if (verb.load === null) throw notYet(`stormport ${verb.path.join(' ')}`)
  for (const option of [...(verb.options ?? []), ...globalOptions]) {
    const long = longOf(option)
    const name = long.replace(/^--(no-)?/, '').replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
    const value = raw[name]
    if (option.notYet && (long.startsWith('--no-') ? value === false : value !== undefined))
      throw notYet(`${long} of stormport ${verb.path.join(' ')}`)
  }
}

/** Runs the parser; its refusals become our errors, help and version become an exit status. */
const guard = (parse: () => unknown, words: readonly string[]): Parsed | undefined => {
  try {
    parse()
    return undefined
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return { kind: 'shown', exitCode: 0 }
    if (error.code === 'commander.help')
      throw new StormportError('BadInput', 'a command is missing', {
        diagnostic: 'SP1503',
        source: 'user',
        hint: 'add --help to see what may follow',
      })
    throw ofCommander(error, words)
  }
}
