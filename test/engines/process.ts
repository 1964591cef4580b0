// Starts and ends one background program of a test: by its own pid, with its output in a file.
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Background {
  readonly pid: number
  /** The end of what it wrote, for messages. */
  lastOutput(): string
  exited(): boolean
  /** TERM, then KILL; resolves when it is gone. */
  stop(): Promise<void>
}

export interface BackgroundOptions {
  readonly argv: readonly [string, ...string[]]
  readonly logFile: string
  readonly env: Readonly<Record<string, string | undefined>>
}

const TERM_MS = 15_000

export const startBackground = ({ argv, logFile, env }: BackgroundOptions): Background => {
  const log = openSync(logFile, 'a')
  const [program, ...args] = argv
  const child = spawn(program, args, { stdio: ['ignore', log, log], env: { ...env }, detached: true })
  closeSync(log)
  let failure = ''
  child.on('error', (error) => {
    failure = error.message
  })
  return {
    pid: child.pid ?? -1,
    lastOutput: () => `${failure}${readFileSync(logFile, 'utf8').slice(-2000)}`,
    exited: () => ended(child) || failure !== '',
    stop: async () => {
      if (ended(child) || failure !== '') return
      child.kill('SIGTERM')
      if (await until(() => ended(child), TERM_MS)) return
      child.kill('SIGKILL')
      await until(() => ended(child), TERM_MS)
    },
  }
}

/** Awaits a condition; false when the time is over. */
export const until = async (condition: () => boolean | Promise<boolean>, limitMs: number): Promise<boolean> => {
  const deadline = Date.now() + limitMs
  for (;;) {
    if (await condition()) return true
    if (Date.now() > deadline) return false
    await sleep(20)
  }
}

const ended = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null
