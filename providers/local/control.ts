// Starts, finds and stops the one daemon of this user. The daemon's exclusive lock, not this file, guarantees that there
// is only one: whoever loses the race ends, and everybody connects to the winner.
import { spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs'
import { StormportError } from '../../core/errors.ts'
import { type Connection, connectDaemon } from './connection.ts'
import { type LocalPaths, localPaths } from './paths.ts'
import { isAlive } from './processes.ts'
import { type DaemonInfo, PROTOCOL } from './protocol.ts'
import { type DaemonRuntime, installRuntime } from './runtime.ts'
import { orStateFault } from './state-fault.ts'

export type { DaemonRuntime } from './runtime.ts'

export interface ControlOptions {
  /** State folder: paths.ts `stateHome`. */
  readonly home: string
  readonly version: string
  readonly runtime: DaemonRuntime
  /** The caller's environment; the daemon gets only what daemonEnvironment lets through. */
  readonly env: Readonly<Record<string, string | undefined>>
}

/** `daemon status --json` as it stands (DESIGN section 9). */
export interface DaemonStatus {
  readonly running: boolean
  readonly pid: number | null
  readonly version: string | null
  readonly socket: string | null
  readonly startedAt: string | null
  readonly nodes: readonly {
    readonly name: string
    readonly driver: string
    readonly reachable: boolean
    readonly target: string
  }[]
}

export interface DaemonControl {
  /** Never starts one. */
  status(signal: AbortSignal): Promise<DaemonStatus>
  /** Connects; starts a daemon where none answers and replaces one of an older protocol. */
  ensure(signal: AbortSignal): Promise<Connection>
  /** Connects to a running one; null where none answers. */
  find(signal: AbortSignal): Promise<Connection | null>
  /** Resolves when it is gone; work and published ports stay up unless `all`. False: there was none. */
  stop(options: { readonly all: boolean }, signal: AbortSignal): Promise<boolean>
}

const START_MS = 15_000
const STOP_MS = 30_000
const POLL_MS = 20
const RETRY_MS = 500
const LOG_BYTES = 5 * 1024 * 1024

export const createDaemonControl = (options: ControlOptions): DaemonControl => {
  const paths = localPaths(options.home)
  const find = (signal: AbortSignal): Promise<Connection | null> => tryConnect(paths, options.version, signal)
  const ensure = async (signal: AbortSignal): Promise<Connection> => {
    const found = await find(signal)
    if (found?.hello.protocol === PROTOCOL) return found
    if (found !== null) await replaceOlder(found, paths, signal)
    return startDaemon(options, paths, signal)
  }
  return {
    find,
    ensure,
    status: async (signal) => statusOf(await find(signal), signal),
    stop: async ({ all }, signal) => {
      // With --all and no daemon: only a daemon can stop the work that is up, so one is started for it.
      const connection =
        (await find(signal)) ?? (all && existsSync(paths.active) ? await startDaemon(options, paths, signal) : null)
      if (connection === null) return false
      await shutDown(connection, paths, { all, signal })
      return true
    },
  }
}

const statusOf = async (connection: Connection | null, signal: AbortSignal): Promise<DaemonStatus> => {
  if (connection === null) return { running: false, pid: null, version: null, socket: null, startedAt: null, nodes: [] }
  try {
    if (connection.hello.protocol !== PROTOCOL)
      return {
        running: true,
        pid: null,
        version: connection.hello.version,
        socket: connection.socket,
        startedAt: null,
        nodes: [],
      }
    const info = await connection.call('info', null, signal)
    return { running: true, ...info }
  } finally {
    connection.close()
  }
}

interface RunningInfo extends Pick<DaemonInfo, 'pid' | 'socket' | 'version' | 'startedAt'> {
  readonly startTicks: string
}

/** What daemon.json says; null where it is missing or half of another world. */
export const readRunningInfo = (paths: LocalPaths): RunningInfo | null => {
  try {
    const parsed: unknown = JSON.parse(readFileSync(paths.info, 'utf8'))
    return isRunningInfo(parsed) ? parsed : null
  } catch {
    return null
  }
}

const isRunningInfo = (value: unknown): value is RunningInfo =>
  typeof value === 'object' &&
  value !== null &&
  'pid' in value &&
  typeof value.pid === 'number' &&
  'socket' in value &&
  typeof value.socket === 'string' &&
  'startTicks' in value

const tryConnect = async (paths: LocalPaths, version: string, signal: AbortSignal): Promise<Connection | null> => {
  const info = readRunningInfo(paths)
  if (info !== null && !isAlive(info.pid, info.startTicks)) return null
  const connection = await connectDaemon(info?.socket ?? paths.socket, version, signal)
  if (connection !== null && connection.hello.protocol > PROTOCOL) {
    connection.close()
    throw new StormportError(
      'BadInput',
      `the running daemon is newer (${connection.hello.version}) than this command (${version})`,
      {
        diagnostic: 'SP4003',
        source: 'user',
        hint: 'use the newer stormport, or stop its daemon with it: stormport daemon stop',
      },
    )
  }
  return connection
}

const startDaemon = async (options: ControlOptions, paths: LocalPaths, signal: AbortSignal): Promise<Connection> => {
  let child = spawnDaemon(options, paths)
  const deadline = Date.now() + START_MS
  for (;;) {
    signal.throwIfAborted()
    const found = await tryConnect(paths, options.version, signal)
    if (found !== null) return withoutRival(found, child, signal)
    if (child.exit !== null && child.exit !== LOCK_HELD_EXIT) throw startFailed(paths, `it ended with ${child.exit}`)
    // Whoever held the lock has not come up, or has just left: it is our turn again.
    if (child.exit === LOCK_HELD_EXIT && Date.now() - child.startedAt > RETRY_MS) child = spawnDaemon(options, paths)
    if (Date.now() > deadline) throw startFailed(paths, `no answer in ${START_MS / 1000} s`)
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

/** Another command was quicker: ours must not wait in its start for the other to end, and then take its place. */
const withoutRival = async (connection: Connection, child: Spawned, signal: AbortSignal): Promise<Connection> => {
  if (connection.hello.protocol !== PROTOCOL || child.exit !== null) return connection
  const { pid } = await connection.call('info', null, signal)
  if (pid !== child.pid) child.end()
  return connection
}

/** Exit status of a daemon that found the lock held: another one is up or coming up. */
export const LOCK_HELD_EXIT = 75

interface Spawned {
  readonly pid: number | undefined
  readonly startedAt: number
  exit: number | null
  readonly end: () => void
}

const spawnDaemon = (options: ControlOptions, paths: LocalPaths): Spawned => {
  const { command, log } = makeReady(options, paths)
  try {
    const [file = process.execPath, ...args] = command
    const child = spawn(file, [...args, '--home', paths.home], {
      detached: true,
      stdio: ['ignore', log, log],
      cwd: paths.home,
      env: daemonEnvironment(options.env),
    })
    const spawned: Spawned = {
      pid: child.pid,
      startedAt: Date.now(),
      exit: null,
      end: () => void child.kill('SIGTERM'),
    }
    child.on('error', () => {
      spawned.exit = 1
    })
    child.on('exit', (code) => {
      spawned.exit = code ?? 1
    })
    child.unref()
    return spawned
  } finally {
    closeSync(log)
  }
}

/** Folders, our copy of the runtime, an open log. */
const makeReady = (
  options: ControlOptions,
  paths: LocalPaths,
): { readonly command: readonly string[]; readonly log: number } => {
  try {
    mkdirSync(paths.run, { recursive: true, mode: 0o700 })
    const { command } = installRuntime(options.runtime, paths)
    rotateLog(paths)
    return { command, log: openSync(paths.log, 'a', 0o600) }
  } catch (error) {
    throw orStateFault(error)
  }
}

const rotateLog = (paths: LocalPaths): void => {
  if (existsSync(paths.log) && statSync(paths.log).size > LOG_BYTES) renameSync(paths.log, `${paths.log}.1`)
}

/** The daemon outlives the shell that started it: of that shell's variables it keeps none that may be a secret. */
const KEPT = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LC_ALL',
  'TZ',
  'TMPDIR',
  'XDG_STATE_HOME',
  'XDG_CONFIG_HOME',
  'XDG_RUNTIME_DIR',
  'STORMPORT_HOME',
  'DOCKER_CONFIG',
  'SSH_AUTH_SOCK',
]

export const daemonEnvironment = (env: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(KEPT.flatMap((key) => (env[key] === undefined ? [] : [[key, env[key]]])))

const startFailed = (paths: LocalPaths, why: string): StormportError =>
  new StormportError('Internal', `the local daemon did not start: ${why}`, {
    diagnostic: 'SP4001',
    source: 'internal',
    hint: `read ${paths.log}`,
  })

const replaceOlder = (connection: Connection, paths: LocalPaths, signal: AbortSignal): Promise<void> =>
  shutDown(connection, paths, { all: false, signal })

const shutDown = async (
  connection: Connection,
  paths: LocalPaths,
  how: { readonly all: boolean; readonly signal: AbortSignal },
): Promise<void> => {
  const info = readRunningInfo(paths)
  const gone =
    info === null
      ? connection.closed
      : Promise.race([connection.closed, new Promise<void>((resolve) => setTimeout(resolve, STOP_MS).unref())])
  await connection.call('shutdown', { all: how.all }, how.signal).catch((error: unknown) => {
    if (!(error instanceof StormportError) || error.code !== 'Unreachable') throw error
  })
  await gone
  connection.close()
  const deadline = Date.now() + STOP_MS
  while (info !== null && isAlive(info.pid, info.startTicks)) {
    how.signal.throwIfAborted()
    if (Date.now() > deadline)
      throw new StormportError('Timeout', `the daemon (pid ${info.pid}) has not ended in ${STOP_MS / 1000} s`, {
        diagnostic: 'SP4002',
        source: 'internal',
        hint: `kill ${info.pid}; work stays up`,
      })
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}
