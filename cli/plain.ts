// What people, scripts and prompts ask again and again: answered without the rest of the program being put together.
import { rootHelp } from './render/help.ts'
import { packageVersion } from './version.ts'

/** null: the words want more than a fixed text. */
export const plainAnswer = (words: readonly string[]): string | null => {
  const [word, ...more] = words
  if (more.length > 0) return null
  if (word === '--version' || word === '-V') return `${packageVersion()}\n`
  return word === undefined || HELP.has(word) ? rootHelp() : null
}

const HELP: ReadonlySet<string> = new Set(['--help', '-h', 'help'])
