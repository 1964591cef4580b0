import fc from 'fast-check'
import { expect, test } from 'vitest'
import { framesOf, jsonLinesOf } from './frames.ts'
import { logLines } from './logs.ts'

const chunked = async function* (bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0
  for (let turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1
    yield bytes.subarray(at, at + size)
    at += size
  }
}

const frame = (stream: 1 | 2, text: string): Buffer => {
  const data = Buffer.from(text)
  const header = Buffer.alloc(8)
  header[0] = stream
  header.writeUInt32BE(data.length, 4)
  return Buffer.concat([header, data])
}

test('frames come out whole and in order however the bytes arrive', async () => {
  const parts = fc.array(fc.tuple(fc.constantFrom(1 as const, 2 as const), fc.string({ minLength: 1 })), {
    maxLength: 12,
  })
  const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 })
  await fc.assert(
    fc.asyncProperty(parts, sizes, async (frames, cuts) => {
      const seen: [number, string][] = []
      for await (const { stream, data } of framesOf(
        chunked(Buffer.concat(frames.map(([s, t]) => frame(s, t))), cuts),
        false,
      )) {
        seen.push([stream === 'stdout' ? 1 : 2, data.toString('utf8')])
      }
      expect(seen).toEqual(frames)
    }),
  )
})

test('bytes that are no frames are refused, not read as a length', async () => {
  const read = async (): Promise<void> => {
    for await (const _ of framesOf(chunked(Buffer.from('plain text of some length'), [100]), false));
  }
  await expect(read()).rejects.toMatchObject({ code: 'Internal' })
})

test('log lines keep their stream when both are cut in the middle', async () => {
  const bytes = Buffer.concat([
    frame(1, '2026-01-01T00:00:00Z one '),
    frame(2, '2026-01-01T00:00:01Z err\n'),
    frame(1, 'line\n2026-01-01T00:00:02Z \n'),
  ])
  const lines = []
  for await (const line of logLines(framesOf(chunked(bytes, [7]), false))) lines.push(line)
  expect(lines).toEqual([
    { at: '2026-01-01T00:00:01Z', stream: 'stderr', text: 'err' },
    { at: '2026-01-01T00:00:00Z', stream: 'stdout', text: 'one line' },
    { at: '2026-01-01T00:00:02Z', stream: 'stdout', text: '' },
  ])
})

test('JSON comes by lines and by record separators alike', async () => {
  const values = []
  for await (const value of jsonLinesOf<number>(chunked(Buffer.from('\u001e1\n\n2\r\n\u001e3'), [2])))
    values.push(value)
  expect(values).toEqual([1, 2, 3])
})
