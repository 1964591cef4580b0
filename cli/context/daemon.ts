// The local daemon as a child in the foreground, from the same files and with the same variables as one in the background.
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { StormportError } from '../../core/errors.ts'
import { daemonEnvironment, LOCK_HELD_EXIT } from '../../providers/local/control.ts'
import { localPaths } from '../../providers/local/paths.ts'
import { installRuntime } from '../../providers/local/runtime.ts'
import { controlOptions } from './bindings.ts'
import type { Environment } from './environment.ts'

/** Resolves to its exit status; aborting asks it to end. */
export const runInForeground = async (environment: Environment, signal: AbortSignal): Promise<number> => {
  const { home, runtime, env } = controlOptions(environment)
  const [file = process.execPath, ...args] = installRuntime(runtime, localPaths(home)).command
  const child = spawn(file, [...args, '--home', home], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: daemonEnvironment(env),
  })
  const end = (): void => void child.kill('SIGTERM')
  signal.addEventListener('abort', end)
  try {
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.on('error', reject)
      child.on('exit', (code, killed) => resolve(killed === null ? (code ?? 1) : 128 + constants.signals[killed]))
    })
    if (exitCode === LOCK_HELD_EXIT) throw alreadyRuns()
    return exitCode
  } finally {
    signal.removeEventListener('abort', end)
  }
}

const alreadyRuns = (): StormportError =>
  new StormportError('Conflict', 'a local daemon runs already', {
    diagnostic: 'SP1511',
    source: 'user',
    hint: 'stormport daemon status names it; stormport daemon stop ends it',
  })
