// The command's entry: bin/stormport.js calls it. Binds the world of this process and sets its exit status.

export const main = async (): Promise<void> => {
  const [{ runCli }, { processWorld }, { createBindings }] = await Promise.all([
    import('./run.ts'),
    import('./world.ts'),
    import('./context/bindings.ts'),
  ])
  await end(await runCli(process.argv.slice(2), processWorld(createBindings())))
}

/** What has been said is written out; then nothing that a library left open may keep the process. */
const end = async (exitCode: number): Promise<void> => {
  await Promise.all(
    [process.stdout, process.stderr].map((stream) => new Promise((resolve) => stream.write('', resolve))),
  )
  process.exit(exitCode)
}
