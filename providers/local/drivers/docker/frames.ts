// How an engine sends two outputs over one connection: frames of stream number, length and bytes. With a tty: bytes alone.
import { StormportError } from '../../../../core/errors.ts'

export interface Frame {
  readonly stream: 'stdout' | 'stderr'
  readonly data: Buffer
}

const HEADER = 8
/** An engine sends frames of at most 16 KiB plus headers; more means that this is no frame. */
const MAX_FRAME = 16 * 1024 * 1024

export async function* framesOf(source: AsyncIterable<Buffer>, tty: boolean): AsyncGenerator<Frame> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of source) {
    if (tty) {
      yield { stream: 'stdout', data: chunk }
      continue
    }
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let at = 0
    while (rest.length - at >= HEADER) {
      const length = frameLength(rest, at)
      if (rest.length - at - HEADER < length) break
      const data = rest.subarray(at + HEADER, at + HEADER + length)
      yield { stream: rest[at] === 2 ? 'stderr' : 'stdout', data }
      at += HEADER + length
    }
    rest = rest.subarray(at)
  }
}

const frameLength = (bytes: Buffer, at: number): number => {
  const length = bytes.readUInt32BE(at + 4)
  const kind = bytes[at] ?? 255
  if (kind > 3 || length > MAX_FRAME) {
    throw new StormportError('Internal', 'The engine sent output in a form that is not understood.')
  }
  return length
}

/** Complete lines of a byte stream, each without its end; the last one also when it has none. */
export async function* linesOf(source: AsyncIterable<Buffer | string>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of source) {
    rest += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })
    const lines = rest.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) yield line.endsWith('\r') ? line.slice(0, -1) : line
  }
  if (rest !== '') yield rest
}

/** JSON values one a line, also as RFC 7464 sequences, which newer engines may send. */
export async function* jsonLinesOf<T>(source: AsyncIterable<Buffer | string>): AsyncGenerator<T> {
  for await (const line of linesOf(source)) {
    const text = line.replace(/^\u001e/, '').trim()
    if (text !== '') yield JSON.parse(text) as T
  }
}
