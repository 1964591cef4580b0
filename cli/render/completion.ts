// Completion scripts for bash, zsh and fish: verbs, their second words and their long flags.

import { globalOptions } from '../global-options.ts'
import type { OptionSpec, Verb } from '../verb.ts'
import { verbs } from '../verbs.ts'

export const shells = ['bash', 'zsh', 'fish'] as const

export type Shell = (typeof shells)[number]

export const completionScript = (shell: Shell): string => {
  switch (shell) {
    case 'bash':
      return bash()
    case 'zsh':
      return `#compdef stormport\nautoload -U +X bashcompinit && bashcompinit\n${bash()}`
    case 'fish':
      return fish()
    default:
      return shell satisfies never
  }
}

const ready = (): readonly Verb[] => verbs.filter((verb) => verb.load !== null)

const longFlags = (options: readonly OptionSpec[]): readonly string[] =>
  options.filter((option) => !option.notYet).map((option) => option.flags.split(', ').at(-1)?.split(' ')[0] ?? '')

const firstWords = (): readonly string[] =>
  [...new Set(ready().flatMap((verb) => [verb.path[0] ?? '', ...(verb.aliases ?? [])]))].sort()

const secondWords = (): ReadonlyMap<string, readonly string[]> => {
  const groups = Map.groupBy(
    ready().filter((verb) => verb.path.length === 2),
    (verb) => verb.path[0] ?? '',
  )
  return new Map([...groups].map(([first, members]) => [first, members.map((verb) => verb.path[1] ?? '')]))
}

const bash = (): string => {
  const seconds = [...secondWords()].map(([first, words]) => `    ${first}) words="${words.join(' ')}" ;;`)
  const flags = ready().map(
    (verb) => `    "${verb.path.join(' ')}") flags="${longFlags(verb.options ?? []).join(' ')}" ;;`,
  )
  return [
    '_stormport() {',
    '  local cur="${COMP_WORDS[COMP_CWORD]}" first="${COMP_WORDS[1]}" second="${COMP_WORDS[2]}" words="" flags=""',
    `  if [ "$COMP_CWORD" -eq 1 ]; then COMPREPLY=($(compgen -W "${firstWords().join(' ')}" -- "$cur")); return; fi`,
    '  case "$first" in',
    ...seconds,
    '  esac',
    '  if [ -n "$words" ] && [ "$COMP_CWORD" -eq 2 ]; then COMPREPLY=($(compgen -W "$words" -- "$cur")); return; fi',
    '  case "${words:+$first $second}" in "") set -- "$first" ;; *) set -- "$first $second" ;; esac',
    '  case "$1" in',
    ...flags,
    '  esac',
    '  case "$cur" in',
    `    -*) COMPREPLY=($(compgen -W "$flags ${longFlags(globalOptions).join(' ')}" -- "$cur")) ;;`,
    '    *) COMPREPLY=($(compgen -f -- "$cur")) ;;',
    '  esac',
    '}',
    'complete -F _stormport stormport',
  ].join('\n')
}

const fish = (): string => {
  const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
  const first = ready()
    .filter((verb) => verb.path.length === 1)
    .map((verb) => `complete -c stormport -n __fish_use_subcommand -f -a ${verb.path[0]} -d ${quoted(verb.text)}`)
  const groups = [...secondWords()].flatMap(([group, words]) => [
    `complete -c stormport -n __fish_use_subcommand -f -a ${group}`,
    `complete -c stormport -n '__fish_seen_subcommand_from ${group}' -f -a '${words.join(' ')}'`,
  ])
  const flags = ready().flatMap((verb) =>
    (verb.options ?? [])
      .filter((option) => !option.notYet)
      .map(
        (option) =>
          `complete -c stormport -n '__fish_seen_subcommand_from ${verb.path.at(-1)}' -l ${longFlags([option])[0]?.slice(2)} -d ${quoted(option.text)}`,
      ),
  )
  const shared = globalOptions
    .filter((option) => !option.notYet)
    .map((option) => `complete -c stormport -l ${longFlags([option])[0]?.slice(2)} -d ${quoted(option.text)}`)
  return [...first, ...groups, ...flags, ...shared].join('\n')
}
