// The daemon process: takes the lock, opens the store, takes up the work, serves the socket, and leaves work and
// published ports up when it ends.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { LOCK_HELD_EXIT } from '../control.ts'
import { createDriver } from '../drivers/registry.ts'
import { daemonIdentity } from '../identity.ts'
import { type LocalPaths, localPaths, MAX_SOCKET_BYTES } from '../paths.ts'
import { startTicksOf } from '../processes.ts'
import type { DaemonInfo } from '../protocol.ts'
import { createProxyControl } from '../proxy/proxy.ts'
import { pruneRuntimes } from '../runtime.ts'
import { systemClock } from './clock.ts'
import { type ControlPlane, createControlPlane } from './control-plane.ts'
import { createLeases } from './leases.ts'
import { takeLock } from './lock.ts'
import { boundedLog } from './log.ts'
import { createMethods } from './methods.ts'
import { createSecretFiles } from './secrets.ts'
import { type DaemonServer, serveDaemon } from './server.ts'
import { stopAll } from './stop-all.ts'
import { openStore } from './store.ts'
import { appEntries } from './store-at-rest.ts'

export interface DaemonOptions {
  readonly home: string
  readonly version: string
  /** Node binary and script of the proxy. */
  readonly proxyCommand: readonly string[]
  /** The folder of its own copy of the runtime, which is kept; others are cleared away. null: it runs from the sources. */
  readonly runtimeDir: string | null
  readonly signal: AbortSignal
}

const IDLE_EXIT_MS = 10 * 60_000

/** Resolves to the exit status when the daemon has ended. */
export const runDaemon = async (options: DaemonOptions): Promise<number> => {
  const paths = localPaths(options.home)
  mkdirSync(paths.run, { recursive: true, mode: 0o700 })
  const unlock = takeLock(paths.lock)
  if (unlock === null) return LOCK_HELD_EXIT
  try {
    await runLocked(options, paths)
    return 0
  } finally {
    rmSync(paths.info, { force: true })
    unlock()
  }
}

const runLocked = async (options: DaemonOptions, paths: LocalPaths): Promise<void> => {
  const log = boundedLog(paths.log)
  if (options.runtimeDir !== null) pruneRuntimes(paths, options.runtimeDir)
  const store = openStore(paths.store)
  const plane = createControlPlane({
    store,
    secrets: createSecretFiles(paths.secrets),
    proxy: createProxyControl({ stateDir: paths.proxy, command: options.proxyCommand }),
    createDriver,
    driversDir: paths.drivers,
    daemonId: daemonIdentity(paths),
    version: options.version,
    clock: systemClock,
    log,
  })
  const ending = Promise.withResolvers<void>()
  options.signal.addEventListener('abort', () => ending.resolve(), { once: true })
  const unmark = markActive(paths, plane)
  const socket = socketPath(paths)
  const idle = idleExit(plane, () => ending.resolve())
  let server: DaemonServer | null = null
  try {
    const info = daemonInfo(options, plane, socket)
    const methods = createMethods({
      plane,
      leases: createLeases(store, systemClock),
      info,
      shutdown: async (all) => {
        if (all) await stopAll(plane, options.signal)
        // The answer goes out before the socket closes.
        setImmediate(() => ending.resolve())
      },
    })
    await plane.start(options.signal)
    server = await serveDaemon(socket, { methods, plane, version: options.version, log, connections: idle.connections })
    writeInfo(paths, { ...info(), startTicks: startTicksOf(process.pid) ?? '' })
    log(`daemon ${options.version} is up, pid ${process.pid}`)
    await ending.promise
  } finally {
    idle.stop()
    rmSync(paths.info, { force: true })
    await server?.close()
    await plane.close()
    unmark()
    store.close()
    removeSocket(paths, socket)
    log('daemon has ended; work stays up')
  }
}

const daemonInfo = (options: DaemonOptions, plane: ControlPlane, socket: string): (() => DaemonInfo) => {
  const startedAt = new Date().toISOString()
  return () => ({
    pid: process.pid,
    version: options.version,
    socket,
    startedAt,
    nodes: plane.ledger.store
      .targets()
      .flatMap((t) =>
        plane.nodes
          .nodesOf(t.ref.name)
          .map((n) => ({ target: t.ref.name, name: n.name, driver: n.engine.kind, reachable: n.engine.reachable() })),
      ),
  })
}

/** A socket that was left by a killed daemon is in the way; the lock says that nobody uses it. */
const socketPath = (paths: LocalPaths): string => {
  const path =
    Buffer.byteLength(paths.socket) <= MAX_SOCKET_BYTES
      ? paths.socket
      : join(mkdtempSync(join(tmpdir(), 'stormport-')), 'daemon.sock')
  rmSync(path, { force: true })
  return path
}

const removeSocket = (paths: LocalPaths, socket: string): void => {
  rmSync(socket, { force: true })
  if (socket !== paths.socket) rmSync(dirname(socket), { recursive: true, force: true })
}

const writeInfo = (paths: LocalPaths, info: DaemonInfo & { readonly startTicks: string }): void =>
  writeFileSync(
    paths.info,
    JSON.stringify({
      pid: info.pid,
      startTicks: info.startTicks,
      socket: info.socket,
      version: info.version,
      startedAt: info.startedAt,
    }),
    { mode: 0o600 },
  )

/** The file tells commands that a daemon would have something to say, and which apps there are. */
const markActive = (paths: LocalPaths, plane: ControlPlane): (() => void) => {
  let planned = false
  const update = (): void => {
    planned = false
    const { store } = plane.ledger
    const text = store.isEmpty() ? null : JSON.stringify(appEntries(store.heads()))
    const before = existsSync(paths.active) ? readFileSync(paths.active, 'utf8') : null
    if (text === before) return
    if (text === null) rmSync(paths.active, { force: true })
    else replaceFile(paths.active, text)
  }
  update()
  const unlisten = plane.ledger.onChange(() => {
    if (!planned) setImmediate(update)
    planned = true
  })
  return () => {
    unlisten()
    update()
  }
}

const replaceFile = (path: string, text: string): void => {
  writeFileSync(`${path}.new`, text, { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

/** No app and nobody connected for ten minutes: it is started again when it is needed. */
const idleExit = (
  plane: ControlPlane,
  exit: () => void,
): { readonly connections: (count: number) => void; readonly stop: () => void } => {
  let timer: NodeJS.Timeout | null = null
  const stop = (): void => {
    if (timer !== null) clearTimeout(timer)
    timer = null
  }
  return {
    stop,
    connections: (count) => {
      stop()
      if (count > 0) return
      timer = setTimeout(() => {
        if (plane.ledger.store.isEmpty()) exit()
      }, IDLE_EXIT_MS)
    },
  }
}
