// Watches the log files of running allocations: notes growth (log-times.ts), rotates by size, wakes followers.
// Rotation copies and truncates, as the process keeps its file open: what it writes in that instant is lost.
import {
  appendFileSync,
  copyFileSync,
  type FSWatcher,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  watch,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { formatMark, minMarkGapMs, parseMarks, type TimeMark } from './log-times.ts'
import { allocFolder, logFile } from './record.ts'

export const STREAMS = ['stdout', 'stderr'] as const
export type Stream = (typeof STREAMS)[number]

export interface StreamState {
  /** Counts rotations since this daemon looks. */
  generation: number
  size: number
  marks: TimeMark[]
}

export interface LogStore {
  /** Begins to watch a running allocation; also notes what grew while nobody looked. */
  add(id: string): void
  /** A last look, then no more: the process has ended. */
  delete(id: string): void
  /** The allocation is removed. */
  forget(id: string): void
  /** State of a stream, read from disk where it is not watched. */
  state(id: string, stream: Stream): StreamState
  marksBefore(id: string, stream: Stream): readonly TimeMark[]
  /** Resolves when the allocation's logs grew or its watching ended, or after `ms`. */
  changed(id: string, ms: number): Promise<void>
  close(): void
}

interface Watched {
  readonly states: Readonly<Record<Stream, StreamState>>
  watcher: FSWatcher | null
  timer: NodeJS.Timeout | null
  pending: NodeJS.Timeout | null
  readonly waiters: Set<() => void>
}

const SLOW_LOOK_MS = 250
const GAP_MS = 10

const marksFile = (stateDir: string, id: string, stream: Stream): string =>
  join(allocFolder(stateDir, id), 'times', stream)
const keyOf = (id: string, stream: Stream): string => `${id}/${stream}`
export const rotatedFile = (path: string): string => `${path}.1`

const readMarks = (path: string): TimeMark[] => {
  try {
    return parseMarks(readFileSync(path, 'latin1'))
  } catch {
    return []
  }
}

const fileSize = (path: string): { readonly size: number; readonly mtimeMs: number } =>
  statSync(path, { throwIfNoEntry: false }) ?? { size: 0, mtimeMs: 0 }

export const createLogStore = (stateDir: string, { maxBytes }: { readonly maxBytes: number }): LogStore => {
  const watched = new Map<string, Watched>()
  // Followers compare them also after the watching has ended.
  const generations = new Map<string, number>()

  const load = (id: string, stream: Stream): StreamState => {
    const marks = readMarks(marksFile(stateDir, id, stream))
    return { generation: generations.get(keyOf(id, stream)) ?? 0, size: marks.at(-1)?.offset ?? 0, marks }
  }
  const rotate = (id: string, stream: Stream, state: StreamState): void => {
    const path = logFile(stateDir, id, stream)
    // By rename, so that a reader of the older copy keeps what it has open.
    copyFileSync(path, `${path}.new`)
    renameSync(`${path}.new`, rotatedFile(path))
    truncateSync(path, 0)
    const marks = marksFile(stateDir, id, stream)
    renameSync(marks, rotatedFile(marks))
    generations.set(keyOf(id, stream), state.generation + 1)
    Object.assign(state, { generation: state.generation + 1, size: 0, marks: [] })
  }
  const note = (id: string, stream: Stream, state: StreamState, atMs: number | null): void => {
    const { size, mtimeMs } = fileSize(logFile(stateDir, id, stream))
    if (size <= state.size) return
    const mark = { offset: size, atMs: Math.max(atMs ?? mtimeMs, state.marks.at(-1)?.atMs ?? 0) }
    const path = marksFile(stateDir, id, stream)
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    appendFileSync(path, formatMark(mark), { mode: 0o600 })
    state.marks.push(mark)
    state.size = size
    if (size > maxBytes) rotate(id, stream, state)
  }
  const look = (id: string, entry: Watched, atMs: number | null): void => {
    try {
      for (const stream of STREAMS) note(id, stream, entry.states[stream], atMs)
    } catch {
      // Removed under us, or the disk is full: the lines keep their file's time.
    }
    for (const wake of entry.waiters) wake()
  }
  const soon = (id: string, entry: Watched): void => {
    const gap = Math.max(GAP_MS, ...STREAMS.map((stream) => minMarkGapMs(entry.states[stream].marks.length)))
    entry.pending ??= setTimeout(() => {
      entry.pending = null
      look(id, entry, Date.now())
    }, gap).unref()
  }
  const begin = (id: string, entry: Watched): void => {
    const slow = (): void => {
      entry.timer ??= setInterval(() => look(id, entry, Date.now()), SLOW_LOOK_MS).unref()
    }
    try {
      entry.watcher = watch(join(allocFolder(stateDir, id), 'logs'), { persistent: false }, () => soon(id, entry)).on(
        'error',
        slow,
      )
    } catch {
      slow()
    }
  }
  const end = (id: string): void => {
    const entry = watched.get(id)
    if (entry === undefined) return
    watched.delete(id)
    entry.watcher?.close()
    if (entry.timer !== null) clearInterval(entry.timer)
    if (entry.pending !== null) clearTimeout(entry.pending)
    for (const wake of entry.waiters) wake()
  }
  return {
    add: (id) => {
      if (watched.has(id)) return
      const entry: Watched = {
        states: { stdout: load(id, 'stdout'), stderr: load(id, 'stderr') },
        watcher: null,
        timer: null,
        pending: null,
        waiters: new Set(),
      }
      watched.set(id, entry)
      // In this order: what is written between the two is then noted by one of them.
      begin(id, entry)
      look(id, entry, null)
    },
    delete: (id) => {
      const entry = watched.get(id)
      if (entry !== undefined) look(id, entry, null)
      end(id)
    },
    forget: (id) => {
      end(id)
      for (const stream of STREAMS) generations.delete(keyOf(id, stream))
    },
    state: (id, stream) => watched.get(id)?.states[stream] ?? load(id, stream),
    marksBefore: (id, stream) => readMarks(rotatedFile(marksFile(stateDir, id, stream))),
    changed: (id, ms) =>
      new Promise((resolve) => {
        const waiters = watched.get(id)?.waiters
        const done = (): void => {
          clearTimeout(timer)
          waiters?.delete(done)
          resolve()
        }
        const timer = setTimeout(done, ms)
        waiters?.add(done)
      }),
    close: () => {
      for (const id of [...watched.keys()]) end(id)
    },
  }
}
