// Lines of one log file by byte offsets. Reads forward in blocks; a line longer than a block limit is cut, never buffered whole.
import { read } from 'node:fs'
import { promisify } from 'node:util'

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

export interface LineSpan {
  readonly fd: number
  readonly from: number
  readonly to: number
  /** Asked after each read; false: what was read may be another file's bytes (it was truncated) and counts for nothing. */
  readonly valid: () => boolean
}

const readBlock = async (fd: number, bytes: number, position: number): Promise<Buffer> => {
  const { bytesRead, buffer } = await promisify(read)(fd, Buffer.alloc(bytes), 0, bytes, position)
  return buffer.subarray(0, bytesRead)
}

/** The last line may be incomplete. */
export const readLines = async function* ({ fd, from, to, valid }: LineSpan): AsyncGenerator<FileLine> {
  let [position, rest] = [from, Buffer.alloc(0)]
  while (position < to) {
    const block = await readBlock(fd, Math.min(BLOCK_BYTES, to - position), position)
    if (!valid()) return
    if (block.length === 0) break
    let data = Buffer.concat([rest, block])
    let start = position - rest.length
    position += block.length
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
}

/** Where the last `lines` lines before `to` begin; 0 when there are not more. */
export const tailOffset = async (fd: number, to: number, lines: number): Promise<number> => {
  if (lines === 0) return to
  let wanted = lines
  for (let end = to; end > 0; ) {
    const start = Math.max(0, end - BLOCK_BYTES)
    const block = await readBlock(fd, end - start, start)
    for (let at = block.lastIndexOf(NEWLINE); at >= 0; at = at === 0 ? -1 : block.lastIndexOf(NEWLINE, at - 1)) {
      // The newline at the very end closes the last line and begins none.
      if (start + at + 1 === to) continue
      wanted -= 1
      if (wanted === 0) return start + at + 1
    }
    end = start
  }
  return 0
}
