// The help of the command as a whole, straight from the table of verbs: no parser is loaded for it.

import { globalOptions } from '../global-options.ts'
import type { Verb } from '../verb.ts'
import { verbs } from '../verbs.ts'

const WIDTH = 100

export const rootHelp = (): string =>
  [
    'Usage: stormport COMMAND [OPTIONS]',
    '',
    'Any port in a storm: one command deploys one Compose application to any mix of targets.',
    '',
    'Commands:',
    ...columns(verbs.filter((verb) => verb.load !== null).map((verb) => [verbLine(verb), verb.text])),
    '',
    'Options of every command:',
    ...columns([
      ...globalOptions.filter((option) => !option.notYet).map((option) => [option.flags, option.text] as const),
      ['-V, --version', 'print the version'],
      ['-h, --help', 'show help'],
    ]),
    '',
    'stormport COMMAND --help shows the options of a command, stormport explain CODE what a finding means,',
    'stormport explain exit-codes what exit codes mean.',
    '',
  ].join('\n')

const verbLine = ({ path, aliases = [], args = '' }: Verb): string => {
  const names =
    path.length === 1
      ? [path.join(' '), ...aliases].join(', ')
      : [path.join(' '), ...aliases.map((alias) => `(${alias})`)].join(' ')
  return args === '' ? names : `${names} ${args}`
}

const columns = (rows: readonly (readonly [string, string])[]): readonly string[] => {
  const width = Math.min(34, Math.max(...rows.map(([left]) => left.length)))
  return rows.flatMap(([left, right]) => {
    const first = `  ${left.padEnd(width)}  `
    return first.length + right.length <= WIDTH
      ? [first + right]
      : [first.trimEnd(), `${' '.repeat(width + 4)}${right}`]
  })
}
