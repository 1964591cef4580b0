// One run of the command line, from words to exit status. Everything that it touches is in the World, so that tests run
// it in process.
import { createFlags } from './call.ts'
import { createFiles } from './context/files.ts'
import { createContext } from './context.ts'
import { type FaultView, reportFault } from './fault.ts'
import { watchInterruption } from './interruption.ts'
import { readOptions } from './options.ts'
import { type Parsed, parseWords } from './program.ts'
import type { OutputKind } from './verbs.ts'
import type { World } from './world.ts'

export const runCli = async (words: readonly string[], world: World): Promise<number> => {
  let parsed: Parsed
  try {
    parsed = parseWords(words, (text) => world.stdout.write(text))
  } catch (error) {
    return reportFault(error, faultView(words, world, guessOutput(words)))
  }
  return parsed.kind === 'shown' ? parsed.exitCode : runVerb(parsed, words, world)
}

const runVerb = async (
  parsed: Extract<Parsed, { kind: 'verb' }>,
  words: readonly string[],
  world: World,
): Promise<number> => {
  const { verb, args, raw } = parsed
  const view = faultView(words, world, verb.output)
  const interruption = watchInterruption(world, verb.output, view.json)
  try {
    const options = readOptions(raw, world.cwd, world.env)
    const context = createContext({
      world,
      options,
      signal: interruption.signal,
      command: `stormport ${verb.path.join(' ')}`,
    })
    try {
      const command = await verb.load?.()
      const exitCode = await (command?.run({ context, args, flags: createFlags(raw) }) ?? 1)
      return interruption.exitCode() ?? exitCode
    } finally {
      await context.close()
    }
  } catch (error) {
    return interruption.exitCode() ?? reportFault(error, view)
  } finally {
    interruption.stop()
  }
}

const faultView = (words: readonly string[], world: World, output: OutputKind): FaultView => {
  const ours = words.includes('--') ? words.slice(0, words.indexOf('--')) : words
  const json =
    ours.includes('--json') ||
    ours.includes('--progress=json') ||
    ours.some((word, at) => word === '--progress' && ours[at + 1] === 'json')
  return { world, output, json, color: !ours.includes('--no-color'), read: createFiles().read }
}

/** Words that could not be parsed still say whether a stream was wanted. */
const guessOutput = (words: readonly string[]): OutputKind =>
  words.some((word) =>
    ['deploy', 'up', 'scale', 'restart', 'rollback', 'destroy', 'down', 'logs', 'events'].includes(word),
  )
    ? 'stream'
    : 'query'
