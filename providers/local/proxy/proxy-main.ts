// Entry of the proxy process: proxy-main STATE-FOLDER. Exit 0 = nothing left to do; anything else makes its supervisor
// start it again.
import { readBootId } from '../drivers/process/proc.ts'
import { startProxyServer } from './server.ts'
import { claimProxy, makeStateFolder, releaseProxy } from './state.ts'

const HOLD_MS = 5000
const LINGER_MS = 10_000

const main = async (stateDir: string | undefined): Promise<number> => {
  if (stateDir === undefined) {
    process.stderr.write('usage: proxy-main STATE-FOLDER\n')
    return 2
  }
  await makeStateFolder(stateDir)
  process.chdir(stateDir)
  if (!(await claimProxy(stateDir, readBootId()))) return 0
  const server = await startProxyServer({ stateDir, holdMs: HOLD_MS, lingerMs: LINGER_MS })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, server.stop)
  process.on('SIGHUP', () => {})
  await server.done
  await releaseProxy(stateDir)
  return 0
}

main(process.argv[2]).then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
    process.exit(1)
  },
)
