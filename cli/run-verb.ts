// One call of a verb: context, signals, faults, and what is left open closed again.
import { createFlags } from './call.ts'
import { createContext } from './context.ts'
import { faultView, reportFault } from './fault.ts'
import { watchInterruption } from './interruption.ts'
import { readOptions } from './options.ts'
import type { Parsed } from './program.ts'
import type { World } from './world.ts'

/** Streams that leave nothing under way. */
const READING = ['logs', 'events']

export const runVerb = async (
  { verb, args, raw }: Extract<Parsed, { kind: 'verb' }>,
  words: readonly string[],
  world: World,
): Promise<number> => {
  const view = faultView(words, world, verb.output)
  const interruption = watchInterruption(
    world,
    verb.output === 'stream' && !READING.includes(verb.path[0] ?? '') && !view.json,
  )
  try {
    const options = readOptions(raw, world.cwd, world.env)
    const context = createContext({
      world,
      options,
      interruption,
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
