// Follows one HTTP message after another through chunks of bytes and says where each ends. Keeps no body, and of a head
// only what came in earlier chunks.
import { type Framing, headEnd } from './http-head.ts'

export type MessagePhase = 'head' | 'body' | 'done' | 'opaque' | 'broken'

export interface MessageReader {
  readonly phase: MessagePhase
  /** A body that ends only with the connection. */
  readonly untilClose: boolean
  /** Index in the chunk up to which its bytes belong to this message; the whole chunk unless the message ends before. */
  read(chunk: Buffer, from: number): number
  /** The next message begins. */
  reset(): void
}

const MAX_HEAD_BYTES = 65_536
const NEWLINE = 10
const CARRIAGE_RETURN = 13
const SEMICOLON = 59

export interface ChunkScanner {
  /** Index after the last byte of the chunked body, or -1: all of it belongs to the body. 'broken' when it is none. */
  scan(bytes: Buffer, from: number): number | 'broken'
}

const hexValue = (byte: number): number => {
  if (byte >= 48 && byte <= 57) return byte - 48
  const letter = byte | 32
  return letter >= 97 && letter <= 102 ? letter - 87 : -1
}

const MAX_CHUNK_BYTES = 2 ** 48

/** size [;extension] CRLF data CRLF … 0 CRLF trailers CRLF */
export const createChunkScanner = (): ChunkScanner => {
  let state: 'size' | 'extension' | 'data' | 'trailer' = 'size'
  let [size, digits, remaining, lineLength] = [0, 0, 0, 0]

  const endSizeLine = (): boolean => {
    if (digits === 0) return false
    state = size === 0 ? 'trailer' : 'data'
    // The line end after the data belongs to the chunk.
    remaining = size + 2
    lineLength = 0
    return true
  }
  const sizeByte = (byte: number): boolean => {
    if (byte === NEWLINE) return endSizeLine()
    if (state === 'extension' || byte === CARRIAGE_RETURN) return true
    if (byte === SEMICOLON || byte === 32 || byte === 9) {
      state = 'extension'
      return true
    }
    const value = hexValue(byte)
    if (value < 0 || size > MAX_CHUNK_BYTES) return false
    size = size * 16 + value
    digits += 1
    return true
  }
  return {
    scan: (bytes, from) => {
      for (let at = from; at < bytes.length; ) {
        if (state === 'data') {
          const step = Math.min(remaining, bytes.length - at)
          remaining -= step
          at += step
          if (remaining === 0) [state, size, digits] = ['size', 0, 0]
          continue
        }
        const byte = bytes[at] ?? 0
        at += 1
        if (state !== 'trailer') {
          if (!sizeByte(byte)) return 'broken'
          continue
        }
        if (byte === NEWLINE && lineLength === 0) return at
        if (byte === NEWLINE) lineLength = 0
        else if (byte !== CARRIAGE_RETURN) lineLength += 1
      }
      return -1
    },
  }
}

/** Gets a whole head by its place in the bytes, with the empty line; null = not understood. */
export type ParseHead = (bytes: Buffer, from: number, end: number) => Framing | null

export const createMessageReader = (parse: ParseHead): MessageReader => {
  let phase: MessagePhase = 'head'
  let carry: Buffer | null = null
  let remaining = 0
  let untilClose = false
  let scanner: ChunkScanner | null = null

  const begin = (framing: Framing | null): void => {
    switch (framing?.kind) {
      case undefined:
        phase = 'broken'
        return
      case 'none':
        phase = 'done'
        return
      case 'length':
        remaining = framing.bytes
        phase = remaining === 0 ? 'done' : 'body'
        return
      case 'chunked':
        scanner = createChunkScanner()
        phase = 'body'
        return
      case 'close':
        untilClose = true
        phase = 'body'
        return
      case 'interim':
        return
      case 'opaque':
        phase = 'opaque'
    }
  }
  /** Index after the head, or the chunk's end when the head goes on. */
  const readHead = (chunk: Buffer, from: number): number => {
    const kept = carry?.length ?? 0
    const bytes = carry === null ? chunk : Buffer.concat([carry, from === 0 ? chunk : chunk.subarray(from)])
    const start = carry === null ? from : 0
    const end = headEnd(bytes, start)
    if (end < 0) {
      carry = carry === null ? Buffer.from(chunk.subarray(from)) : bytes
      if (carry.length > MAX_HEAD_BYTES) phase = 'broken'
      return chunk.length
    }
    begin(parse(bytes, start, end))
    if (carry === null) return end
    carry = null
    return end - kept + from
  }
  const readBody = (chunk: Buffer, from: number): number => {
    if (untilClose) return chunk.length
    if (scanner === null) {
      const step = Math.min(remaining, chunk.length - from)
      remaining -= step
      if (remaining === 0) phase = 'done'
      return from + step
    }
    const end = scanner.scan(chunk, from)
    if (end === 'broken') phase = 'broken'
    if (typeof end !== 'number' || end < 0) return chunk.length
    phase = 'done'
    return end
  }
  return {
    get phase() {
      return phase
    },
    get untilClose() {
      return untilClose
    },
    read: (chunk, from) => {
      let at = from
      while (at < chunk.length && (phase === 'head' || phase === 'body'))
        at = phase === 'head' ? readHead(chunk, at) : readBody(chunk, at)
      return phase === 'opaque' || phase === 'broken' ? chunk.length : at
    },
    reset: () => {
      phase = 'head'
      carry = null
      untilClose = false
      scanner = null
    },
  }
}
