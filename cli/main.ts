// The command's entry: bin/stormport.js calls it. Binds the world of this process and sets its exit status.
import { packageVersion } from './version.ts'

export const main = async (): Promise<void> => {
  const words = process.argv.slice(2)
  // Asked by scripts and prompts again and again: answered before the program is even put together.
  if (words.length === 1 && (words[0] === '--version' || words[0] === '-V'))
    process.stdout.write(`${packageVersion()}\n`)
  else await run(words)
}

const run = async (words: readonly string[]): Promise<void> => {
  const [{ runCli }, { processWorld }, { createBindings }] = await Promise.all([
    import('./run.ts'),
    import('./world.ts'),
    import('./context/bindings.ts'),
  ])
  await end(await runCli(words, processWorld(createBindings())))
}

/** What has been said is written out; then nothing that a library left open may keep the process. */
const end = async (exitCode: number): Promise<void> => {
  await Promise.all(
    [process.stdout, process.stderr].map((stream) => new Promise((resolve) => stream.write('', resolve))),
  )
  process.exit(exitCode)
}
