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
  /** Marks of the rotated file. */
  marksBefore(id: string, stream: Stream): readonly TimeMark[]
  /** Resolves when the allocation's logs grew or its watching ended, or after `ms`. */
  changed(id: string, ms: number): Promise<void>
  close(): void
}

interface Watched {
  readonly id: string
  readonly states: Readonly<Record<Stream, StreamState>>
  watcher: FSWatcher | null
  timer: NodeJS.Timeout | null
  pending: NodeJS.Timeout | null
  readonly waiters: Set<() => void>
}

interface Store {
  readonly stateDir: string
  readonly maxBytes: number
  readonly watched: Map<string, Watched>
  /** By id and stream; followers compare them also after the watching has ended. */
  readonly generations: Map<string, number>
}

const SLOW_LOOK_MS = 250
const GAP_MS = 10

const keyOf = (id: string, stream: Stream): string => `${id}/${stream}`
const marksFile = (stateDir: string, id: string, stream: Stream): string =>
  join(allocFolder(stateDir, id), 'times', stream)

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

const load = (store: Store, id: string, stream: Stream): StreamState => {
  const marks = readMarks(marksFile(store.stateDir, id, stream))
  return { generation: store.generations.get(keyOf(id, stream)) ?? 0, size: marks.at(-1)?.offset ?? 0, marks }
}

const rotate = (store: Store, id: string, stream: Stream, state: StreamState): void => {
  const path = logFile(store.stateDir, id, stream)
  const marks = marksFile(store.stateDir, id, stream)
  // By rename, so that a reader of the older copy keeps what it has open.
  copyFileSync(path, `${path}.new`)
  renameSync(`${path}.new`, rotatedFile(path))
  truncateSync(path, 0)
  renameSync(marks, rotatedFile(marks))
  state.generation += 1
  state.size = 0
  state.marks = []
  store.generations.set(keyOf(id, stream), state.generation)
}

/** `atMs` null: nobody looked for a while, so the file's own time is the best there is. */
const note = (store: Store, { id, states }: Watched, stream: Stream, atMs: number | null): void => {
  const state = states[stream]
  const { size, mtimeMs } = fileSize(logFile(store.stateDir, id, stream))
  if (size <= state.size) return
  const mark = { offset: size, atMs: Math.max(atMs ?? mtimeMs, state.marks.at(-1)?.atMs ?? 0) }
  const path = marksFile(store.stateDir, id, stream)
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  appendFileSync(path, formatMark(mark), { mode: 0o600 })
  state.marks.push(mark)
  state.size = size
  if (size > store.maxBytes) rotate(store, id, stream, state)
}

const look = (store: Store, entry: Watched, atMs: number | null): void => {
  try {
    for (const stream of STREAMS) note(store, entry, stream, atMs)
  } catch {
    // Removed under us, or the disk is full: the lines keep their file's time.
  }
  for (const wake of entry.waiters) wake()
}

const lookSoon = (store: Store, entry: Watched): void => {
  if (entry.pending !== null) return
  const gapMs = Math.max(GAP_MS, ...STREAMS.map((stream) => minMarkGapMs(entry.states[stream].marks.length)))
  entry.pending = setTimeout(() => {
    entry.pending = null
    look(store, entry, Date.now())
  }, gapMs).unref()
}

const begin = (store: Store, entry: Watched): void => {
  const slowly = (): void => {
    entry.timer ??= setInterval(() => look(store, entry, Date.now()), SLOW_LOOK_MS).unref()
  }
  try {
    const folder = join(allocFolder(store.stateDir, entry.id), 'logs')
    entry.watcher = watch(folder, { persistent: false }, () => lookSoon(store, entry)).on('error', slowly)
  } catch {
    // This machine has no watches left.
    slowly()
  }
}

const end = (store: Store, id: string): void => {
  const entry = store.watched.get(id)
  if (entry === undefined) return
  store.watched.delete(id)
  entry.watcher?.close()
  if (entry.timer !== null) clearInterval(entry.timer)
  if (entry.pending !== null) clearTimeout(entry.pending)
  for (const wake of entry.waiters) wake()
}

const add = (store: Store, id: string): void => {
  if (store.watched.has(id)) return
  const states = { stdout: load(store, id, 'stdout'), stderr: load(store, id, 'stderr') }
  const entry: Watched = { id, states, watcher: null, timer: null, pending: null, waiters: new Set() }
  store.watched.set(id, entry)
  // In this order: what is written between the two is then noted by one of them.
  begin(store, entry)
  look(store, entry, null)
}

const changed = (store: Store, id: string, ms: number): Promise<void> =>
  new Promise((resolve) => {
    const waiters = store.watched.get(id)?.waiters
    const done = (): void => {
      clearTimeout(timer)
      waiters?.delete(done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    waiters?.add(done)
  })

export const createLogStore = (stateDir: string, { maxBytes }: { readonly maxBytes: number }): LogStore => {
  const store: Store = { stateDir, maxBytes, watched: new Map(), generations: new Map() }
  return {
    add: (id) => add(store, id),
    delete: (id) => {
      const entry = store.watched.get(id)
      if (entry !== undefined) look(store, entry, null)
      end(store, id)
    },
    forget: (id) => {
      end(store, id)
      for (const stream of STREAMS) store.generations.delete(keyOf(id, stream))
    },
    state: (id, stream) => store.watched.get(id)?.states[stream] ?? load(store, id, stream),
    marksBefore: (id, stream) => readMarks(rotatedFile(marksFile(stateDir, id, stream))),
    changed: (id, ms) => changed(store, id, ms),
    close: () => {
      for (const id of [...store.watched.keys()]) end(store, id)
    },
  }
}
