// Everything that the command line touches of its process, as one value: tests give their own and capture what is said.
import type { Bindings } from './bindings.ts'

export interface Terminal {
  write(text: string): void
  readonly isTTY: boolean
  readonly columns: number
  readonly rows: number
  /** For `exec`, which passes bytes through. */
  readonly stream: NodeJS.WritableStream
}

export type StopSignal = 'SIGINT' | 'SIGTERM'

export interface World {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: NodeJS.ReadStream
  readonly stdout: Terminal
  readonly stderr: Terminal
  readonly now: () => number
  /** Calls `tick` until the returned function is called. A process with nothing else to do ends, unless `keepsAlive`. */
  readonly every: (intervalMs: number, tick: () => void, options?: { readonly keepsAlive: boolean }) => () => void
  /** Tells of each Ctrl-C and TERM until the returned function is called. */
  readonly onSignal: (listener: (signal: StopSignal) => void) => () => void
  readonly exitNow: (code: number) => void
  readonly bindings: Bindings
}

const terminal = (stream: NodeJS.WriteStream): Terminal => ({
  write: (text) => void stream.write(text),
  get isTTY() {
    return stream.isTTY === true
  },
  get columns() {
    // A terminal that does not know its size says 0.
    return stream.columns || 80
  },
  get rows() {
    return stream.rows || 24
  },
  stream,
})

/** A reader that went away (`| head`) ends the command quietly; the exit status is then nobody's. */
const endOnClosedPipe = (stream: NodeJS.WriteStream): void => {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
}

const listen = (listener: (signal: StopSignal) => void): (() => void) => {
  const interrupted = (): void => listener('SIGINT')
  const terminated = (): void => listener('SIGTERM')
  process.on('SIGINT', interrupted)
  process.on('SIGTERM', terminated)
  return () => {
    process.off('SIGINT', interrupted)
    process.off('SIGTERM', terminated)
  }
}

const repeat: World['every'] = (intervalMs, tick, { keepsAlive } = { keepsAlive: false }) => {
  const timer = setInterval(tick, intervalMs)
  if (!keepsAlive) timer.unref()
  return () => clearInterval(timer)
}

export const processWorld = (bindings: Bindings): World => {
  endOnClosedPipe(process.stdout)
  endOnClosedPipe(process.stderr)
  return {
    cwd: process.cwd(),
    env: process.env,
    // A getter: touching process.stdin opens it, which only `exec`, prompts and `--file -` need.
    get stdin() {
      return process.stdin
    },
    stdout: terminal(process.stdout),
    stderr: terminal(process.stderr),
    now: () => Date.now(),
    every: repeat,
    onSignal: listen,
    exitNow: (code) => process.exit(code),
    bindings,
  }
}
