// The command's entry: bin/stormport.js calls it. Binds the world of this process and sets its exit status.

import { createBindings } from './context/bindings.ts'
import { runCli } from './run.ts'
import { processWorld } from './world.ts'

export const main = async (): Promise<void> => {
  process.exitCode = await runCli(process.argv.slice(2), processWorld(createBindings()))
}
