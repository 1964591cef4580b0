// Logs of an allocation as one stream of lines in the order of time: rotated files first, then live, across rotations.
import { statSync } from 'node:fs'
import type { DriverLog } from '../../daemon/driver.ts'
import { readLines, tailOffset } from './log-file.ts'
import { type LogStore, rotatedFile, STREAMS, type Stream } from './log-store.ts'
import { timeOf, type TimeMark } from './log-times.ts'
import { logFile } from './record.ts'

export interface LogSource {
  readonly stateDir: string
  readonly id: string
  readonly store: LogStore
  /** The process has ended: nothing will be written any more. */
  readonly ended: () => boolean
}

interface Line {
  readonly atMs: number
  readonly stream: Stream
  readonly text: string
}

/** How far a stream has been read. */
interface Position {
  readonly stream: Stream
  generation: number
  offset: number
}

const FOLLOW_MS = 250

const toLog = ({ atMs, stream, text }: Line): DriverLog => ({ at: new Date(atMs).toISOString(), stream, text })

const statOf = (path: string): { readonly size: number; readonly mtimeMs: number } => statSync(path, { throwIfNoEntry: false }) ?? { size: 0, mtimeMs: Date.now() }

interface Span {
  readonly path: string
  readonly from: number
  readonly marks: readonly TimeMark[]
  /** An incomplete last line is given out, as nothing will complete it. */
  readonly last: boolean
}

const readSpan = async function* (span: Span, stream: Stream, onEnd: (end: number) => void): AsyncGenerator<Line> {
  const { size, mtimeMs } = statOf(span.path)
  for await (const line of readLines(span.path, span.from, size)) {
    if (!line.complete && !span.last) return
    onEnd(line.end)
    yield { atMs: timeOf(span.marks, line.end, mtimeMs), stream, text: line.text }
  }
}

/** What the stream has beyond the position, which moves along; a rotation since is caught up from the copy. */
const readOn = async function* (source: LogSource, position: Position, last: boolean): AsyncGenerator<Line> {
  const { store, id, stateDir } = source
  const path = logFile(stateDir, id, position.stream)
  const move = (end: number): void => {
    position.offset = end
  }
  const { generation, marks } = store.state(id, position.stream)
  if (generation !== position.generation) {
    const from = generation === position.generation + 1 ? position.offset : 0
    yield* readSpan({ path: rotatedFile(path), from, marks: store.marksBefore(id, position.stream), last: true }, position.stream, () => {})
    Object.assign(position, { generation, offset: 0 })
  }
  yield* readSpan({ path, from: position.offset, marks, last }, position.stream, move)
}

/** The position from which a stream is read at first; -1 generation means: the rotated file too. */
const firstPosition = async (source: LogSource, stream: Stream, tail: number | null): Promise<Position> => {
  const path = logFile(source.stateDir, source.id, stream)
  const { generation } = source.store.state(source.id, stream)
  if (tail === null) return { stream, generation: generation - 1, offset: 0 }
  const offset = await tailOffset(path, statOf(path).size, tail)
  return offset > 0 ? { stream, generation, offset } : { stream, generation: generation - 1, offset: 0 }
}

/** Two ordered streams become one; equal times keep stdout first. */
const merge = async function* (left: AsyncGenerator<Line>, right: AsyncGenerator<Line>): AsyncGenerator<Line> {
  let [a, b] = await Promise.all([left.next(), right.next()])
  while (a.done !== true || b.done !== true) {
    if (b.done === true || (a.done !== true && a.value.atMs <= b.value.atMs)) {
      if (a.done === true) return
      yield a.value
      a = await left.next()
    } else {
      yield b.value
      b = await right.next()
    }
  }
}

const lastLines = async (lines: AsyncGenerator<Line>, count: number): Promise<readonly Line[]> => {
  const ring: Line[] = []
  for await (const line of lines) {
    ring.push(line)
    if (ring.length > count * 2 + 64) ring.splice(0, ring.length - count)
  }
  return count === 0 ? [] : ring.slice(-count)
}

const since = async function* (lines: AsyncGenerator<Line>, sinceMs: number | null): AsyncGenerator<Line> {
  for await (const line of lines) if (sinceMs === null || line.atMs >= sinceMs) yield line
}

export interface LogQuery {
  readonly follow: boolean
  readonly sinceMs: number | null
  readonly tail: number | null
}

export const readLogs = async function* (source: LogSource, query: LogQuery, signal: AbortSignal): AsyncGenerator<DriverLog> {
  const [out, err] = await Promise.all(STREAMS.map((stream) => firstPosition(source, stream, query.tail)))
  if (out === undefined || err === undefined) return
  const read = (last: boolean): AsyncGenerator<Line> => since(merge(readOn(source, out, last), readOn(source, err, last)), query.sinceMs)
  const first = read(!query.follow || source.ended())
  if (query.tail === null) {
    for await (const line of first) yield toLog(line)
  } else for (const line of await lastLines(first, query.tail)) yield toLog(line)
  while (query.follow && !signal.aborted) {
    // Asked before reading: what was written before the end is then read in this round.
    const ended = source.ended()
    for await (const line of read(ended)) yield toLog(line)
    if (ended) return
    await source.store.changed(source.id, FOLLOW_MS)
  }
}
