// Keeps the proxy's table equal to what is ready: one push at a time, the newest state wins, and whoever needs to know
// that a change has reached the proxy can wait for it.
import { StormportError } from '../../../core/errors.ts'
import type { ProxyControl, ProxyEntry, ProxyReport } from '../proxy/types.ts'
import type { DaemonClock } from './clock.ts'
import { type AddressOf, type Door, doorsOf, entryOf, portToTry } from './doors.ts'
import type { Ledger } from './ledger.ts'
import { type Work, workId } from './model.ts'

export interface ProxySync {
  /** Resolves when the proxy has taken a table made after this call. */
  push(): Promise<void>
  /** Door key → port that is open. */
  port(key: string): number | undefined
  /** Why a door of the service does not open. */
  errorsOf(work: Work): readonly { readonly door: Door; readonly code: string; readonly message: string }[]
  /** All doors of the service are open and stand where the newest state wants them. */
  isOpen(work: Work): boolean
  drained(backendId: string, deadlineMs: number, signal: AbortSignal): Promise<boolean>
  close(): Promise<void>
  stop(signal: AbortSignal): Promise<void>
}

export interface ProxySyncDeps {
  readonly ledger: Ledger
  readonly proxy: ProxyControl
  readonly clock: DaemonClock
  readonly addressOf: AddressOf
  readonly log: (message: string) => void
}

const RETRY_MS = 2_000

interface Sync {
  readonly deps: ProxySyncDeps
  readonly over: AbortController
  /** Door key → port, kept over restarts. */
  readonly open: Map<string, number>
  /** Doors that the last report called open. */
  confirmed: ReadonlySet<string>
  errors: ProxyReport['errors']
  /** How often a door of a range was refused. */
  readonly attempts: Map<string, number>
  running: Promise<void> | null
  next: Promise<void> | null
  cancelRetry: () => void
}

export const createProxySync = (deps: ProxySyncDeps): ProxySync => {
  const sync: Sync = {
    deps,
    over: new AbortController(),
    open: new Map(deps.ledger.store.ports()),
    confirmed: new Set(),
    errors: {},
    attempts: new Map(),
    running: null,
    next: null,
    cancelRetry: () => undefined,
  }
  return {
    push: () => push(sync),
    port: (key) => (sync.confirmed.has(key) ? sync.open.get(key) : undefined),
    errorsOf: (work) =>
      doorsOf(work).flatMap((door) => {
        const error = sync.errors[door.key]
        return error === undefined ? [] : [{ door, ...error }]
      }),
    // Without doors there is nothing to wait for, and no push would tell it that one has ended.
    isOpen: (work) => {
      const doors = doorsOf(work)
      return doors.length === 0 || (sync.running === null && doors.every((door) => sync.confirmed.has(door.key)))
    },
    drained: (backend, deadlineMs, signal) => deps.proxy.drained(backend, deadlineMs, signal),
    close: async () => {
      sync.over.abort()
      sync.cancelRetry()
      await deps.proxy.close()
    },
    stop: (signal) => deps.proxy.stop(signal),
  }
}

/** One runs, at most one waits: the waiting one reads the state when it begins. */
const push = (sync: Sync): Promise<void> => {
  if (sync.running === null) {
    sync.running = once(sync)
      .catch((error: unknown) => {
        if (sync.over.signal.aborted) return
        sync.deps.log(`proxy: ${error instanceof Error ? error.message : 'fault'}`)
        retryIn(RETRY_MS, sync)
      })
      .finally(() => {
        sync.running = null
      })
    return sync.running
  }
  sync.next ??= sync.running.then(() => {
    sync.next = null
    return push(sync)
  })
  return sync.next
}

const retryIn = (ms: number, sync: Sync): void => {
  sync.cancelRetry()
  const { clock } = sync.deps
  sync.cancelRetry = clock.at(clock.now() + ms, () => void push(sync))
}

const once = async (sync: Sync): Promise<void> => {
  const { ledger, proxy } = sync.deps
  const doors = ledger.works().flatMap(doorsOf)
  const report = await proxy.apply({ entries: doors.map((door) => entryFor(door, sync)) }, sync.over.signal)
  for (const [key, port] of Object.entries(report.ports)) {
    if (sync.open.get(key) !== port) ledger.store.putPort(key, port)
    sync.open.set(key, port)
  }
  forgetClosed(doors, sync)
  sync.confirmed = new Set(Object.keys(report.ports))
  sync.errors = report.errors
  for (const door of doors) ledger.touch(door.work)
  tryAgain(doors, sync)
}

const entryFor = (door: Door, sync: Sync): ProxyEntry =>
  entryOf(door, {
    listenPort: portToTry(door.port, sync.open.get(door.key), sync.attempts.get(door.key) ?? 0),
    allocs: sync.deps.ledger.allocsOf(workId(door.work)),
    addressOf: sync.deps.addressOf,
  })

/** A door that went with its service gives its picked port back. */
const forgetClosed = (doors: readonly Door[], { open, deps }: Sync): void => {
  const wanted = new Set(doors.map((d) => d.key))
  for (const key of [...open.keys()]) {
    if (wanted.has(key) || key.startsWith('cursor/')) continue
    open.delete(key)
    deps.ledger.store.removePort(key)
  }
}

/** The next port of a range at once; a written one that is taken may come free. */
const tryAgain = (doors: readonly Door[], sync: Sync): void => {
  sync.cancelRetry()
  const failed = doors.filter((d) => d.key in sync.errors)
  if (failed.length === 0 || sync.over.signal.aborted) return
  for (const { key } of failed) sync.attempts.set(key, (sync.attempts.get(key) ?? 0) + 1)
  const moreToTry = failed.some(
    ({ key, port }) =>
      port.publishedRange !== null && (sync.attempts.get(key) ?? 0) <= port.publishedRange[1] - port.publishedRange[0],
  )
  retryIn(moreToTry ? 0 : RETRY_MS, sync)
}

export const portTaken = (
  errors: readonly { readonly door: Door; readonly code: string; readonly message: string }[],
  target: string,
): StormportError | null => {
  const first = errors[0]
  if (first === undefined) return null
  return new StormportError(first.code === 'PortTaken' ? 'PortTaken' : 'Unsupported', first.message, {
    diagnostic: 'SP4201',
    source: 'target',
    target,
    service: first.door.work.service,
    hint: `free the port, publish another one, or let the proxy pick: ports: ["${first.door.port.target}"]`,
  })
}
