// The life of an allocation: created → running → exited → gone, read from disk each time; in memory stands only who waits
// for what. `settle` runs once for each end: it kills what the process left behind and tells the readers of events.
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { StormportError } from '../../../../core/errors.ts'
import type { AllocState } from '../../daemon/driver.ts'
import type { Cgroups } from './cgroup.ts'
import type { EventHub } from './event-hub.ts'
import { createExitWatch, type ExitWatch } from './exit-watch.ts'
import { killAll, signalGroup } from './kill.ts'
import type { LogStore } from './log-store.ts'
import { isAlive, sendSignal } from './proc.ts'
import {
  type AllocRecord,
  allocFolder,
  type Exit,
  isClaimed,
  type Pids,
  readExit,
  readPids,
  readRecord,
  removeRecord,
  writeUnknownExit,
} from './record.ts'
import { awaitClaimed, startAlloc } from './run.ts'
import { signalName } from './signal-name.ts'

export interface LifecycleOptions {
  readonly stateDir: string
  readonly script: string
  readonly cgroups: Cgroups
  readonly logs: LogStore
  readonly hub: EventHub
  readonly bootId: string
}

export interface Lifecycle extends LifecycleOptions {
  readonly watch: ExitWatch
  readonly waiters: Map<string, Set<() => void>>
  readonly removing: Set<string>
  /** Ends that were told already. */
  readonly settled: Set<string>
  readonly closing: AbortController
}

export interface StopHow {
  readonly gracePeriodMs: number
  readonly signal: string | null
}

const CLAIM_DEADLINE_MS = 5000
const KILL_DEADLINE_MS = 5000
const LOOK_MS = 5

const iso = (ms: number): string => new Date(ms).toISOString()

const empty = {
  startedAt: null,
  finishedAt: null,
  exitCode: null,
  signal: null,
  oomKilled: false,
  image: null,
  native: '',
} as const

const wakeAll = (life: Lifecycle, id: string): void => {
  for (const wake of life.waiters.get(id) ?? []) wake()
  life.waiters.delete(id)
}

const isOomKilled = (life: Lifecycle, id: string, exit: Exit): boolean =>
  exit.signal === 'SIGKILL' && life.cgroups.oomKilled(id)

const tellEnd = (life: Lifecycle, id: string, exit: Exit): void => {
  const at = iso(exit.atMs)
  if (isOomKilled(life, id, exit)) life.hub.emit({ kind: 'oom', id, exitCode: exit.code, at })
  life.hub.emit({ kind: 'exited', id, exitCode: exit.code, at })
}

const settle = async (life: Lifecycle, id: string): Promise<void> => {
  if (!life.removing.has(id) && !life.settled.has(id)) {
    life.settled.add(id)
    await writeUnknownExit(life.stateDir, id)
    await killAll(id, null, life)
    life.logs.delete(id)
    const exit = readExit(life.stateDir, id)
    if (exit !== null) tellEnd(life, id, exit)
  }
  wakeAll(life, id)
}

const onEnd = (life: Lifecycle, id: string): void => {
  settle(life, id).catch(() => wakeAll(life, id))
}

const claimedAtMs = (stateDir: string, id: string): number =>
  statSync(join(allocFolder(stateDir, id), 'claim'), { throwIfNoEntry: false })?.mtimeMs ?? Date.now()

/** null: it has not ended, or it never began. */
const exitOf = (life: Lifecycle, id: string, pids: Pids | null): Exit | null => {
  const { stateDir, bootId } = life
  const exit = readExit(stateDir, id)
  if (exit !== null) return exit
  if (pids !== null) {
    const lives = isAlive(pids.main, bootId) || isAlive(pids.shim, bootId)
    return lives ? null : { code: null, signal: null, atMs: Date.now() }
  }
  if (!isClaimed(stateDir, id)) return null
  const atMs = claimedAtMs(stateDir, id)
  return Date.now() - atMs < CLAIM_DEADLINE_MS ? null : { code: null, signal: null, atMs }
}

export const stateOf = (life: Lifecycle, record: AllocRecord): AllocState => {
  const { id, app, target, service, slot } = record
  const pids = readPids(life.stateDir, id)
  const exit = exitOf(life, id, pids)
  const native = pids === null ? '' : `${pids.main.pid}:${pids.main.startTicks}`
  const startedAt = pids === null ? null : iso(pids.startedAtMs)
  const base = { ...empty, id, app, target, service, slot, native, startedAt }
  if (exit === null) return { ...base, phase: pids === null ? 'created' : 'running' }
  const { code, signal, atMs } = exit
  const oomKilled = isOomKilled(life, id, exit)
  return { ...base, phase: 'exited', finishedAt: iso(atMs), exitCode: code, signal, oomKilled }
}

export const goneState = (id: string): AllocState => ({
  ...empty,
  id,
  app: '',
  target: '',
  service: '',
  slot: 0,
  phase: 'gone',
})

const track = (life: Lifecycle, id: string): void => {
  if (life.settled.has(id)) return
  const pids = readPids(life.stateDir, id)
  life.logs.add(id)
  if (pids === null || readExit(life.stateDir, id) !== null) onEnd(life, id)
  else life.watch.add(id, pids)
}

/** Takes up an allocation of an earlier daemon. */
export const adoptAlloc = async (life: Lifecycle, id: string): Promise<void> => {
  const { stateDir, bootId } = life
  const pids = readPids(stateDir, id)
  if (pids === null) {
    // Its shim is just starting, for a daemon that died meanwhile.
    if (isClaimed(stateDir, id))
      awaitClaimed(stateDir, id, life.closing.signal).then(
        () => track(life, id),
        () => {},
      )
  } else if (isAlive(pids.main, bootId) || isAlive(pids.shim, bootId)) track(life, id)
  else {
    life.settled.add(id)
    await writeUnknownExit(stateDir, id)
    await killAll(id, null, life)
  }
}

export const beginAlloc = async (life: Lifecycle, record: AllocRecord, signal: AbortSignal): Promise<void> => {
  if (stateOf(life, record).phase !== 'created') return
  await startAlloc(life, record, signal)
  track(life, record.id)
  life.hub.emit({ kind: 'started', id: record.id, exitCode: null, at: iso(Date.now()) })
}

/** true: it has ended; false: the time is over. */
const awaitEnd = (life: Lifecycle, id: string, ms: number, signal: AbortSignal): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const waiting = life.waiters.get(id) ?? new Set()
    life.waiters.set(id, waiting)
    const leave = (then: () => void): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      waiting.delete(wake)
      then()
    }
    const wake = (): void => leave(() => resolve(true))
    const onAbort = (): void => leave(() => reject(new StormportError('Aborted', 'stopping was interrupted')))
    const timer = setTimeout(() => leave(() => resolve(false)), ms)
    signal.addEventListener('abort', onAbort, { once: true })
    waiting.add(wake)
  })

const hasEnded = async (life: Lifecycle, record: AllocRecord, ms: number, signal: AbortSignal): Promise<boolean> =>
  stateOf(life, record).phase !== 'running' || awaitEnd(life, record.id, ms, signal)

export const stopAlloc = async (
  life: Lifecycle,
  record: AllocRecord,
  how: StopHow,
  signal: AbortSignal,
): Promise<void> => {
  const { id, service, slot } = record
  const pids = readPids(life.stateDir, id)
  if (pids === null || stateOf(life, record).phase !== 'running') {
    await killAll(id, null, life)
    return
  }
  track(life, id)
  signalGroup(pids, life.bootId, signalName(how.signal))
  if (await hasEnded(life, record, how.gracePeriodMs, signal)) return
  await killAll(id, pids, life)
  if (await hasEnded(life, record, KILL_DEADLINE_MS, signal)) return
  throw new StormportError('Timeout', `${service}.${slot} does not end, not even by KILL`, { service })
}

/** Until the condition holds, at most some seconds: what does not die by KILL cannot be waited for. */
const untilDead = async (isDead: () => boolean): Promise<void> => {
  const deadline = Date.now() + KILL_DEADLINE_MS
  while (!isDead() && Date.now() < deadline) await delay(LOOK_MS)
}

const removeAll = async (life: Lifecycle, id: string): Promise<void> => {
  const { stateDir, bootId } = life
  life.watch.delete(id)
  life.logs.forget(id)
  // A shim that is just starting would otherwise run what nobody knows any more.
  if (isClaimed(stateDir, id)) await awaitClaimed(stateDir, id, life.closing.signal).catch(() => {})
  const pids = readPids(stateDir, id)
  // The shim first: later it would write an exit file for an allocation that is no more.
  if (pids !== null && isAlive(pids.shim, bootId)) sendSignal(pids.shim.pid, 'SIGKILL')
  await killAll(id, pids, life)
  await untilDead(() => (pids === null || !isAlive(pids.shim, bootId)) && life.cgroups.remove(id))
  await removeRecord(stateDir, id)
}

export const removeAlloc = async (life: Lifecycle, id: string): Promise<void> => {
  if (readRecord(life.stateDir, id) === null) {
    await removeRecord(life.stateDir, id)
    return
  }
  life.removing.add(id)
  try {
    await removeAll(life, id)
    wakeAll(life, id)
    life.hub.emit({ kind: 'removed', id, exitCode: null, at: iso(Date.now()) })
  } finally {
    life.settled.delete(id)
    life.removing.delete(id)
  }
}

export const openLifecycle = (options: LifecycleOptions): Lifecycle => {
  const life: Lifecycle = {
    ...options,
    watch: createExitWatch({ ...options, onEnd: (id) => onEnd(life, id) }),
    waiters: new Map(),
    removing: new Set(),
    settled: new Set(),
    closing: new AbortController(),
  }
  return life
}

export const closeLifecycle = (life: Lifecycle): void => {
  life.closing.abort()
  life.watch.close()
}
