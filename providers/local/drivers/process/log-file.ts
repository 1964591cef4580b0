// Lines of one log file by byte offsets. Reads forward in blocks; a line longer than a block limit is cut, never buffered whole.
import { open } from 'node:fs/promises'

export interface FileLine {
  readonly text: string
  /** Offset just after the line's newline, or after its last byte when it has none yet. */
  readonly end: number
  readonly complete: boolean
}

const BLOCK_BYTES = 65_536
const MAX_LINE_BYTES = 262_144
const NEWLINE = 10

const textOf = (bytes: Buffer): string => bytes.toString('utf8').replace(/\r$/, '')

/** From `from` to `to`; the last line may be incomplete. A file that is not there has no lines. */
export const readLines = async function* (path: string, from: number, to: number): AsyncGenerator<FileLine> {
  const handle = await open(path, 'r').catch(() => null)
  if (handle === null) return
  try {
    let [position, rest] = [from, Buffer.alloc(0)]
    while (position < to) {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(Math.min(BLOCK_BYTES, to - position)), 0, null, position)
      if (bytesRead === 0) break
      let data = Buffer.concat([rest, buffer.subarray(0, bytesRead)])
      let start = position - rest.length
      position += bytesRead
      for (let at = data.indexOf(NEWLINE); at >= 0; at = data.indexOf(NEWLINE)) {
        start += at + 1
        yield { text: textOf(data.subarray(0, at)), end: start, complete: true }
        data = data.subarray(at + 1)
      }
      if (data.length > MAX_LINE_BYTES) {
        yield { text: textOf(data), end: position, complete: true }
        data = Buffer.alloc(0)
      }
      rest = Buffer.from(data)
    }
    if (rest.length > 0) yield { text: textOf(rest), end: position, complete: false }
  } finally {
    await handle.close()
  }
}

/** Where the last `lines` lines before `to` begin; 0 when there are not more. */
export const tailOffset = async (path: string, to: number, lines: number): Promise<number> => {
  const handle = await open(path, 'r').catch(() => null)
  if (handle === null) return 0
  try {
    let wanted = lines + 1
    for (let end = to; end > 0; ) {
      const start = Math.max(0, end - BLOCK_BYTES)
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(end - start), 0, null, start)
      const block = buffer.subarray(0, bytesRead)
      // The newline at the very end closes the last line and begins none.
      for (let at = block.lastIndexOf(NEWLINE); at >= 0; at = at === 0 ? -1 : block.lastIndexOf(NEWLINE, at - 1)) {
        if (start + at + 1 === to) wanted = lines
        else wanted -= 1
        if (wanted === 0) return start + at + 1
      }
      end = start
    }
    return 0
  } finally {
    await handle.close()
  }
}
