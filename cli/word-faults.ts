// What is wrong with the words, as errors with a code and the nearest word that would have been right.
import type { Command, CommanderError } from 'commander'
import { closest } from '../core/config/suggest.ts'
import { StormportError } from '../core/errors.ts'
import { globalOptions } from './global-options.ts'
import type { OptionSpec } from './verb.ts'
import { verbs } from './verbs.ts'

export const notYet = (what: string): StormportError =>
  new StormportError('NotYet', `${what}: not yet in this version`, {
    diagnostic: 'SP1505',
    source: 'user',
    hint: 'stormport --help lists what is there',
  })

export const unknownCommand = (parent: Command, word: string): StormportError => {
  const near = closest(word, parent.parent === null ? firstWords() : parent.commands.map((command) => command.name()))
  const path = [parent.parent === null ? '' : `${parent.name()} `, word].join('')
  return new StormportError('BadInput', `unknown command "${path}"`, {
    diagnostic: 'SP1501',
    source: 'user',
    hint: near === null ? 'stormport --help lists the commands' : `did you mean ${near}?`,
  })
}

const firstWords = (): readonly string[] => verbs.flatMap((verb) => [verb.path[0] ?? '', ...(verb.aliases ?? [])])

export const ofCommander = (error: CommanderError, words: readonly string[]): StormportError => {
  const [what = '', suggestion] = error.message.replace(/^error: /, '').split('\n')
  const unknownOption = error.code === 'commander.unknownOption'
  // commander knows only the options of the command's own help; the word itself is in its message alone.
  const near = unknownOption ? closest(/'([^']+)'/.exec(what)?.[1] ?? '', optionsOf(words)) : null
  const hint = near === null ? suggestion?.replace(/^\(Did/, 'did').replace(/\)$/, '') : `did you mean ${near}?`
  return new StormportError('BadInput', what, {
    diagnostic: unknownOption ? 'SP1502' : 'SP1503',
    source: 'user',
    hint: hint ?? 'add --help to see the form',
  })
}

/** Long options of the verb that the words name, and the global ones. */
const optionsOf = (words: readonly string[]): readonly string[] => {
  const verb = verbs.find(
    ({ path, aliases }) =>
      path.every((word) => words.includes(word)) || aliases?.some((alias) => words.includes(alias)),
  )
  return [...(verb?.options ?? []), ...globalOptions].map(longOf)
}

export const longOf = (option: OptionSpec): string => option.flags.split(', ').at(-1)?.split(' ')[0] ?? ''
