// The life of an allocation: created → running → exited → gone, read from disk each time; in memory stands only who waits
// for what. `settle` runs once for each end: it kills what the process left behind and tells the readers of events.

import { statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { StormportError } from '../../../../core/errors.ts'
import type { AllocState } from '../../daemon/driver.ts'
import type { Cgroups } from './cgroup.ts'
import type { EventHub } from './event-hub.ts'
import { createExitWatch } from './exit-watch.ts'
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

export interface Lifecycle {
  state(record: AllocRecord): AllocState
  gone(id: string): AllocState
  /** Takes up an allocation of an earlier daemon. */
  adopt(id: string): Promise<void>
  start(record: AllocRecord, signal: AbortSignal): Promise<void>
  stop(
    record: AllocRecord,
    how: { readonly gracePeriodMs: number; readonly signal: string | null },
    signal: AbortSignal,
  ): Promise<void>
  remove(id: string): Promise<void>
  close(): void
}

const CLAIM_DEADLINE_MS = 5000
const KILL_DEADLINE_MS = 5000

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

export const createLifecycle = (options: LifecycleOptions): Lifecycle => {
  const { stateDir, cgroups, logs, hub, bootId } = options
  const waiters = new Map<string, Set<() => void>>()
  const removing = new Set<string>()
  const settled = new Set<string>()
  const closing = new AbortController()

  const wakeAll = (id: string): void => {
    for (const wake of waiters.get(id) ?? []) wake()
    waiters.delete(id)
  }
  const oomKilled = (id: string, exit: Exit): boolean => exit.signal === 'SIGKILL' && cgroups.oomKilled(id)
  const settle = async (id: string): Promise<void> => {
    if (removing.has(id) || settled.has(id)) {
      wakeAll(id)
      return
    }
    settled.add(id)
    await writeUnknownExit(stateDir, id)
    await killAll(id, null, { cgroups, bootId })
    logs.delete(id)
    const exit = readExit(stateDir, id)
    if (exit !== null) {
      const at = iso(exit.atMs)
      if (oomKilled(id, exit)) hub.emit({ kind: 'oom', id, exitCode: exit.code, at })
      hub.emit({ kind: 'exited', id, exitCode: exit.code, at })
    }
    wakeAll(id)
  }
  const onEnd = (id: string): void => {
    settle(id).catch(() => wakeAll(id))
  }
  const watch = createExitWatch({ stateDir, bootId, onEnd })

  /** null: it has not ended, or it never began. */
  const exitOf = (id: string, pids: Pids | null): Exit | null => {
    const exit = readExit(stateDir, id)
    if (exit !== null) return exit
    if (pids !== null)
      return isAlive(pids.main, bootId) || isAlive(pids.shim, bootId)
        ? null
        : { code: null, signal: null, atMs: Date.now() }
    if (!isClaimed(stateDir, id)) return null
    const claimedMs =
      statSync(join(allocFolder(stateDir, id), 'claim'), { throwIfNoEntry: false })?.mtimeMs ?? Date.now()
    return Date.now() - claimedMs < CLAIM_DEADLINE_MS ? null : { code: null, signal: null, atMs: claimedMs }
  }
  const state = (record: AllocRecord): AllocState => {
    const { id, app, target, service, slot } = record
    const pids = readPids(stateDir, id)
    const exit = exitOf(id, pids)
    const base = {
      ...empty,
      id,
      app,
      target,
      service,
      slot,
      native: pids === null ? '' : `${pids.main.pid}:${pids.main.startTicks}`,
    }
    const startedAt = pids === null ? null : iso(pids.startedAtMs)
    if (exit === null) return { ...base, phase: pids === null ? 'created' : 'running', startedAt }
    return {
      ...base,
      phase: 'exited',
      startedAt,
      finishedAt: iso(exit.atMs),
      exitCode: exit.code,
      signal: exit.signal,
      oomKilled: oomKilled(id, exit),
    }
  }
  const track = (id: string): void => {
    if (settled.has(id)) return
    const pids = readPids(stateDir, id)
    logs.add(id)
    if (pids === null || readExit(stateDir, id) !== null) onEnd(id)
    else watch.add(id, pids)
  }
  /** true: it has ended; false: the time is over. */
  const ended = (record: AllocRecord, ms: number, signal: AbortSignal): Promise<boolean> =>
    new Promise((resolve, reject) => {
      if (state(record).phase !== 'running') return resolve(true)
      const set = waiters.get(record.id) ?? new Set()
      waiters.set(record.id, set)
      const leave = (then: () => void): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', onAbort)
        set.delete(onEnd)
        then()
      }
      const onEnd = (): void => leave(() => resolve(true))
      const onAbort = (): void =>
        leave(() => reject(new StormportError('Aborted', `stopping ${record.service}.${record.slot} was interrupted`)))
      const timer = setTimeout(() => leave(() => resolve(false)), ms)
      signal.addEventListener('abort', onAbort, { once: true })
      set.add(onEnd)
    })
  const stop: Lifecycle['stop'] = async (record, how, signal) => {
    const pids = readPids(stateDir, record.id)
    if (pids === null || state(record).phase !== 'running')
      return void (await killAll(record.id, null, { cgroups, bootId }))
    track(record.id)
    signalGroup(pids, bootId, signalName(how.signal))
    if (await ended(record, how.gracePeriodMs, signal)) return
    await killAll(record.id, pids, { cgroups, bootId })
    if (!(await ended(record, KILL_DEADLINE_MS, signal)))
      throw new StormportError('Timeout', `${record.service}.${record.slot} does not end, not even by KILL`, {
        service: record.service,
      })
  }
  const remove = async (id: string): Promise<void> => {
    if (readRecord(stateDir, id) === null) return removeRecord(stateDir, id)
    removing.add(id)
    try {
      watch.delete(id)
      logs.forget(id)
      const pids = readPids(stateDir, id)
      // The shim first: later it would write an exit file for an allocation that is no more.
      if (pids !== null && isAlive(pids.shim, bootId)) sendSignal(pids.shim.pid, 'SIGKILL')
      await killAll(id, pids, { cgroups, bootId })
      const deadline = Date.now() + KILL_DEADLINE_MS
      while (!cgroups.remove(id) && Date.now() < deadline) await delay(5)
      await removeRecord(stateDir, id)
      wakeAll(id)
      hub.emit({ kind: 'removed', id, exitCode: null, at: iso(Date.now()) })
    } finally {
      settled.delete(id)
      removing.delete(id)
    }
  }
  return {
    state,
    gone: (id) => ({ ...empty, id, app: '', target: '', service: '', slot: 0, phase: 'gone' }),
    adopt: async (id) => {
      const pids = readPids(stateDir, id)
      if (pids === null) {
        // Its shim is just starting, for a daemon that died meanwhile.
        if (isClaimed(stateDir, id))
          awaitClaimed(stateDir, id, closing.signal).then(
            () => track(id),
            () => {},
          )
        return
      }
      if (isAlive(pids.main, bootId) || isAlive(pids.shim, bootId)) return track(id)
      settled.add(id)
      await writeUnknownExit(stateDir, id)
      await killAll(id, null, { cgroups, bootId })
    },
    start: async (record, signal) => {
      if (state(record).phase !== 'created') return
      await startAlloc(stateDir, record, { cgroups, script: options.script }, signal)
      track(record.id)
      hub.emit({ kind: 'started', id: record.id, exitCode: null, at: iso(Date.now()) })
    },
    stop,
    remove,
    close: () => {
      closing.abort()
      watch.close()
    },
  }
}
