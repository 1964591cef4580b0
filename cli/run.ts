// One run of the command line, from words to exit status. Everything that it touches is in the World, so that tests run
// it in process. What a verb needs is loaded when a verb runs: --help and --version start with next to nothing.
import { plainAnswer } from './plain.ts'
import type { Parsed } from './program.ts'
import type { OutputKind } from './verb.ts'
import type { World } from './world.ts'

export const runCli = async (words: readonly string[], world: World): Promise<number> => {
  const text = plainAnswer(words)
  if (text !== null) {
    world.stdout.write(text)
    return 0
  }
  const { parseWords } = await import('./program.ts')
  let parsed: Parsed
  try {
    parsed = parseWords(words, (text) => world.stdout.write(text))
  } catch (error) {
    const { faultView, reportFault } = await import('./fault.ts')
    return reportFault(error, faultView(words, world, guessOutput(words)))
  }
  if (parsed.kind === 'shown') return parsed.exitCode
  const { runVerb } = await import('./run-verb.ts')
  return runVerb(parsed, words, world)
}

/** Words that could not be parsed still say whether a stream was wanted. */
const guessOutput = (words: readonly string[]): OutputKind =>
  words.some((word, i) => STREAMS.includes(word) || (word === 'create' && words[i - 1] === 'target'))
    ? 'stream'
    : 'query'

const STREAMS = ['deploy', 'up', 'scale', 'restart', 'rollback', 'destroy', 'down', 'logs', 'events']
