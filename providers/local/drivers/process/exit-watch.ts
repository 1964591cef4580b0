// Notices within 50 ms that a process has ended: by its exit file (a watched folder), and by looking at the shims
// themselves, because a shim that was killed writes nothing. One timer for all, and only while something runs.
import { type FSWatcher, watch } from 'node:fs'
import { isAlive, type ProcessIdentity, sendSignal } from './proc.ts'
import { exitsFolder, type Pids, readExit } from './record.ts'

export interface ExitWatch {
  /** Calls `onEnd` once for it, when it has ended. */
  add(id: string, pids: Pids): void
  delete(id: string): void
  close(): void
}

export interface ExitWatchOptions {
  readonly stateDir: string
  readonly bootId: string
  readonly onEnd: (id: string) => void
}

const TICK_MS = 25
/** A pid may belong to another process meanwhile: the whole identity is compared this often. */
const FULL_EVERY_TICKS = 40

interface Tracked {
  readonly pids: Pids
  orphaned: boolean
}

const exists = (pid: number): boolean => {
  try {
    return sendSignal(pid, 0)
  } catch {
    return true
  }
}

export const createExitWatch = ({ stateDir, bootId, onEnd }: ExitWatchOptions): ExitWatch => {
  const tracked = new Map<string, Tracked>()
  let timer: NodeJS.Timeout | null = null
  let watcher: FSWatcher | null = null
  let ticks = 0

  const end = (id: string): void => {
    if (!tracked.delete(id)) return
    if (tracked.size === 0) rest()
    onEnd(id)
  }
  const alive = (identity: ProcessIdentity, full: boolean): boolean =>
    full ? isAlive(identity, bootId) : exists(identity.pid)
  const look = (id: string, entry: Tracked, full: boolean): void => {
    if (!entry.orphaned && alive(entry.pids.shim, full)) return
    // The shim's last act is the exit file, so only its absence means that the shim was killed.
    entry.orphaned = readExit(stateDir, id) === null
    if (!entry.orphaned || !isAlive(entry.pids.main, bootId)) end(id)
  }
  const tick = (): void => {
    ticks += 1
    for (const [id, entry] of tracked) look(id, entry, ticks % FULL_EVERY_TICKS === 0)
  }
  const rest = (): void => {
    if (timer !== null) clearInterval(timer)
    watcher?.close()
    timer = null
    watcher = null
  }
  const rise = (): void => {
    timer ??= setInterval(tick, TICK_MS).unref()
    try {
      watcher ??= watch(exitsFolder(stateDir), { persistent: false }, (_event, name) => {
        if (name !== null && tracked.has(name) && readExit(stateDir, name) !== null) end(name)
      }).on('error', () => {})
    } catch {
      // No watches left on this machine: the timer alone is still in time.
    }
  }
  return {
    add: (id, pids) => {
      tracked.set(id, { pids, orphaned: false })
      rise()
    },
    delete: (id) => {
      tracked.delete(id)
      if (tracked.size === 0) rest()
    },
    close: () => {
      tracked.clear()
      rest()
    },
  }
}
