// The daemon's command line, as control.ts and runtime.ts write it: --proxy FILE --home DIR.
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { StormportError } from '../../../core/errors.ts'
import { localPaths } from '../paths.ts'
import { runDaemon } from './main.ts'

/** Resolves to the exit status; SIGTERM and SIGINT end the daemon, SIGHUP does not. */
export const runDaemonFromArgv = async (argv: readonly string[], version: string): Promise<number> => {
  const { values } = parseArgs({ args: [...argv], options: { home: { type: 'string' }, proxy: { type: 'string' } } })
  if (values.home === undefined || values.proxy === undefined)
    throw new StormportError('Internal', 'the daemon needs --home and --proxy', { source: 'internal' })
  const over = new AbortController()
  const end = (): void => over.abort()
  process.on('SIGTERM', end)
  process.on('SIGINT', end)
  process.on('SIGHUP', () => undefined)
  const here = dirname(process.execPath)
  return runDaemon({
    home: values.home,
    version,
    proxyCommand: [process.execPath, values.proxy],
    runtimeDir: here.startsWith(localPaths(values.home).runtime) ? here : null,
    signal: over.signal,
  })
}
