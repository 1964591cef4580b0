// The chunked body of HTTP/1 (RFC 9112 section 7.1), followed byte by byte without keeping any:
// size [;extension] CRLF data CRLF … 0 CRLF trailers CRLF

const TAB = 9
const NEWLINE = 10
const RETURN = 13
const SPACE = 32
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
    if (state === 'extension' || byte === RETURN) return true
    if (byte === SEMICOLON || byte === SPACE || byte === TAB) {
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
        else if (byte !== RETURN) lineLength += 1
      }
      return -1
    },
  }
}
