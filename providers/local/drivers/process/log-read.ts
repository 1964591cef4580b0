// Logs of an allocation as one stream of lines in the order of time: rotated files first, then live, across rotations.
import { closeSync, fstatSync, openSync } from 'node:fs'
import type { DriverLog } from '../../daemon/driver.ts'
import { readLines, tailOffset } from './log-file.ts'
import { type LogStore, rotatedFile, STREAMS, type Stream } from './log-store.ts'
import { type TimeMark, timeOf } from './log-times.ts'
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

interface Opened {
  readonly fd: number
  readonly size: number
  readonly mtimeMs: number
}

const openFile = (path: string): Opened | null => {
  try {
    const fd = openSync(path, 'r')
    const { size, mtimeMs } = fstatSync(fd)
    return { fd, size, mtimeMs }
  } catch {
    return null
  }
}

interface Span {
  readonly file: Opened
  readonly from: number
  readonly marks: readonly TimeMark[]
  /** An incomplete last line is given out, as nothing will complete it. */
  readonly last: boolean
  readonly valid: () => boolean
}

const readSpan = async function* (span: Span, position: Position, onEnd: (end: number) => void): AsyncGenerator<Line> {
  const { fd, size, mtimeMs } = span.file
  for await (const line of readLines({ fd, from: span.from, to: size, valid: span.valid })) {
    if (!line.complete && !span.last) return
    onEnd(line.end)
    yield { atMs: timeOf(span.marks, line.end, mtimeMs), stream: position.stream, text: line.text }
  }
}

/** Generation and both files are taken in one step, without a pause in which a rotation could fall. */
const openStream = (
  source: LogSource,
  position: Position,
): {
  readonly rotated: Opened | null
  readonly current: Opened | null
  readonly generation: number
  readonly marks: readonly TimeMark[]
} => {
  const { generation, marks } = source.store.state(source.id, position.stream)
  const path = logFile(source.stateDir, source.id, position.stream)
  return {
    rotated: generation === position.generation ? null : openFile(rotatedFile(path)),
    current: openFile(path),
    generation,
    marks,
  }
}

/** What the stream has beyond the position, which moves along; a rotation since is caught up from the copy. */
const readOn = async function* (source: LogSource, position: Position, last: boolean): AsyncGenerator<Line> {
  const { store, id } = source
  const { rotated, current, generation, marks } = openStream(source, position)
  try {
    if (rotated !== null) {
      const from = generation === position.generation + 1 ? position.offset : 0
      yield* readSpan(
        { file: rotated, from, marks: store.marksBefore(id, position.stream), last: true, valid: () => true },
        position,
        () => {},
      )
    }
    if (generation !== position.generation) Object.assign(position, { generation, offset: 0 })
    const move = (end: number): void => {
      position.offset = end
    }
    // A rotation meanwhile: the rest is read from the copy, in the next round.
    const valid = (): boolean => store.state(id, position.stream).generation === generation
    if (current !== null) yield* readSpan({ file: current, from: position.offset, marks, last, valid }, position, move)
  } finally {
    for (const file of [rotated, current]) if (file !== null) closeSync(file.fd)
  }
}

/** The position from which a stream is read at first; -1 generation means: the rotated file too. */
const firstPosition = async (source: LogSource, stream: Stream, tail: number | null): Promise<Position> => {
  const { generation } = source.store.state(source.id, stream)
  const all = { stream, generation: generation - 1, offset: 0 }
  const file = tail === null ? null : openFile(logFile(source.stateDir, source.id, stream))
  if (tail === null || file === null) return all
  try {
    const offset = await tailOffset(file.fd, file.size, tail)
    return offset > 0 ? { stream, generation, offset } : all
  } finally {
    closeSync(file.fd)
  }
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

export const readLogs = async function* (
  source: LogSource,
  query: LogQuery,
  signal: AbortSignal,
): AsyncGenerator<DriverLog> {
  const [out, err] = await Promise.all(STREAMS.map((stream) => firstPosition(source, stream, query.tail)))
  if (out === undefined || err === undefined) return
  const read = (last: boolean): AsyncGenerator<Line> =>
    since(merge(readOn(source, out, last), readOn(source, err, last)), query.sinceMs)
  const first = read(!query.follow || source.ended())
  if (query.tail === null) {
    for await (const line of first) yield toLog(line)
  } else for (const line of await lastLines(first, query.tail)) yield toLog(line)
  while (query.follow && !signal.aborted) {
    // Asked before reading: what was written before the end is then read in this round.
    const ended = source.ended()
    for await (const line of read(ended)) yield toLog(line)
    if (
      ended &&
      [out, err].every(({ stream, generation }) => source.store.state(source.id, stream).generation === generation)
    )
      return
    await source.store.changed(source.id, FOLLOW_MS)
  }
}
