// Follows one HTTP message after another through chunks of bytes and says where each ends. Keeps no body, and of a head
// only what came in earlier chunks.
import { type ChunkScanner, createChunkScanner } from './http-chunks.ts'
import { type Framing, headEnd } from './http-head.ts'

/** Gets a whole head by its place in the bytes, with the empty line; null = not understood. */
export type ParseHead = (bytes: Buffer, from: number, end: number) => Framing | null

export interface MessageReader {
  readonly parse: ParseHead
  phase: 'head' | 'body' | 'done' | 'opaque' | 'broken'
  /** A body that ends only with the connection. */
  untilClose: boolean
  /** The head so far. */
  carry: Buffer | null
  /** Bytes of the body that are still to come. */
  remaining: number
  scanner: ChunkScanner | null
}

const MAX_HEAD_BYTES = 65_536

export const createMessageReader = (parse: ParseHead): MessageReader => ({
  parse,
  phase: 'head',
  untilClose: false,
  carry: null,
  remaining: 0,
  scanner: null,
})

/** The next message begins. */
export const resetMessage = (reader: MessageReader): void => {
  reader.phase = 'head'
  reader.untilClose = false
  reader.carry = null
  reader.scanner = null
}

const begin = (reader: MessageReader, framing: Framing | null): void => {
  switch (framing?.kind) {
    case undefined:
      reader.phase = 'broken'
      return
    case 'none':
      reader.phase = 'done'
      return
    case 'length':
      reader.remaining = framing.bytes
      reader.phase = framing.bytes === 0 ? 'done' : 'body'
      return
    case 'chunked':
      reader.scanner = createChunkScanner()
      reader.phase = 'body'
      return
    case 'close':
      reader.untilClose = true
      reader.phase = 'body'
      return
    case 'opaque':
      reader.phase = 'opaque'
      return
    case 'interim':
  }
}

/** Index after the head, or the chunk's end when the head goes on. */
const readHead = (reader: MessageReader, chunk: Buffer, from: number): number => {
  const { carry } = reader
  const bytes = carry === null ? chunk : Buffer.concat([carry, from === 0 ? chunk : chunk.subarray(from)])
  const start = carry === null ? from : 0
  const end = headEnd(bytes, start)
  if (end < 0) {
    reader.carry = carry === null ? Buffer.from(chunk.subarray(from)) : bytes
    if (reader.carry.length > MAX_HEAD_BYTES) reader.phase = 'broken'
    return chunk.length
  }
  reader.carry = null
  begin(reader, reader.parse(bytes, start, end))
  return carry === null ? end : end - carry.length + from
}

const readBody = (reader: MessageReader, chunk: Buffer, from: number): number => {
  if (reader.untilClose) return chunk.length
  if (reader.scanner === null) {
    const step = Math.min(reader.remaining, chunk.length - from)
    reader.remaining -= step
    if (reader.remaining === 0) reader.phase = 'done'
    return from + step
  }
  const end = reader.scanner.scan(chunk, from)
  if (end === 'broken') reader.phase = 'broken'
  if (end === 'broken' || end < 0) return chunk.length
  reader.phase = 'done'
  return end
}

/** Index in the chunk up to which its bytes belong to this message; the whole chunk unless the message ends before. */
export const readMessage = (reader: MessageReader, chunk: Buffer, from: number): number => {
  let at = from
  while (at < chunk.length && (reader.phase === 'head' || reader.phase === 'body'))
    at = reader.phase === 'head' ? readHead(reader, chunk, at) : readBody(reader, chunk, at)
  return reader.phase === 'opaque' || reader.phase === 'broken' ? chunk.length : at
}
