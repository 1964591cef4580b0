// Keeps the proxy's table equal to what is ready: one push at a time, the newest state wins, and whoever needs to know
// that a change has reached the proxy can wait for it.
import { StormportError } from '../../../core/errors.ts'
import type { ProxyControl, ProxyEntry } from '../proxy/types.ts'
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

export const createProxySync = (deps: ProxySyncDeps): ProxySync => {
  const over = new AbortController()
  const open = new Map<string, number>(deps.ledger.store.ports())
  let confirmed: ReadonlySet<string> = new Set()
  let errors: ReadonlyMap<string, { readonly code: string; readonly message: string }> = new Map()
  const attempts = new Map<string, number>()
  let running: Promise<void> | null = null
  let next: Promise<void> | null = null
  let cancelRetry: () => void = () => undefined

  const once = async (): Promise<void> => {
    const doors = deps.ledger.works().flatMap(doorsOf)
    const report = await deps.proxy.apply({ entries: doors.map((door) => entry(door)) }, over.signal)
    for (const [key, port] of Object.entries(report.ports)) {
      if (open.get(key) !== port) deps.ledger.store.putPort(key, port)
      open.set(key, port)
    }
    forgetClosed(doors)
    confirmed = new Set(Object.keys(report.ports))
    errors = new Map(Object.entries(report.errors))
    for (const door of doors) deps.ledger.touch(door.work)
    retryLater(doors)
  }
  const entry = (door: Door): ProxyEntry =>
    entryOf(door, {
      listenPort: portToTry(door.port, open.get(door.key), attempts.get(door.key) ?? 0),
      allocs: deps.ledger.allocsOf(workId(door.work)),
      addressOf: deps.addressOf,
    })

  /** A door that went with its service gives its picked port back. */
  const forgetClosed = (doors: readonly Door[]): void => {
    const wanted = new Set(doors.map((d) => d.key))
    for (const key of [...open.keys()]) {
      if (wanted.has(key) || key.startsWith('cursor/')) continue
      open.delete(key)
      deps.ledger.store.removePort(key)
    }
  }
  const retryLater = (doors: readonly Door[]): void => {
    cancelRetry()
    const failed = doors.filter((d) => errors.has(d.key))
    if (failed.length === 0 || over.signal.aborted) return
    for (const door of failed) attempts.set(door.key, (attempts.get(door.key) ?? 0) + 1)
    const moreToTry = failed.some(
      (d) =>
        d.port.publishedRange !== null &&
        (attempts.get(d.key) ?? 0) <= d.port.publishedRange[1] - d.port.publishedRange[0],
    )
    cancelRetry = deps.clock.at(deps.clock.now() + (moreToTry ? 0 : RETRY_MS), () => void push())
  }
  const guarded = (): Promise<void> =>
    once().catch((error: unknown) => {
      if (over.signal.aborted) return
      deps.log(`proxy: ${error instanceof Error ? error.message : 'fault'}`)
      cancelRetry()
      cancelRetry = deps.clock.at(deps.clock.now() + RETRY_MS, () => void push())
    })
  /** One runs, at most one waits: the waiting one reads the state when it begins. */
  const push = (): Promise<void> => {
    if (running === null) {
      running = guarded().finally(() => {
        running = null
      })
      return running
    }
    next ??= running.then(() => {
      next = null
      return push()
    })
    return next
  }
  return {
    push,
    port: (key) => (confirmed.has(key) ? open.get(key) : undefined),
    errorsOf: (work) =>
      doorsOf(work).flatMap((door) => {
        const error = errors.get(door.key)
        return error === undefined ? [] : [{ door, ...error }]
      }),
    isOpen: (work) => running === null && doorsOf(work).every((door) => confirmed.has(door.key)),
    drained: (backend, deadlineMs, signal) => deps.proxy.drained(backend, deadlineMs, signal),
    close: async () => {
      over.abort()
      cancelRetry()
      await deps.proxy.close()
    },
    stop: (signal) => deps.proxy.stop(signal),
  }
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
