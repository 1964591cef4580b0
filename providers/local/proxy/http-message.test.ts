import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseRequestHead } from './http-head.ts'
import { createMessageReader, readMessage, resetMessage } from './http-message.ts'

interface Message {
  readonly head: string
  readonly body: string
}

const body = fc.string({ maxLength: 60 })
const withLength = body.map(
  (text): Message => ({
    head: `POST /a HTTP/1.1\r\nHost: b\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n`,
    body: text,
  }),
)
const chunked = fc
  .array(
    body.filter((text) => text !== ''),
    { maxLength: 4 },
  )
  .chain((parts) =>
    fc.constantFrom('', ';a=b', ' ').chain((extension) =>
      fc.constantFrom('', 'Trailer: x\r\n', 'A: b\r\nC: d\r\n').map(
        (trailers): Message => ({
          head: 'POST /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n',
          body: `${parts.map((part) => `${Buffer.byteLength(part).toString(16)}${extension}\r\n${part}\r\n`).join('')}0\r\n${trailers}\r\n`,
        }),
      ),
    ),
  )
const plain = fc.constant<Message>({ head: 'GET /c HTTP/1.1\r\nHost: b\r\n\r\n', body: '' })
const messages = fc.array(fc.oneof(withLength, chunked, plain), { minLength: 1, maxLength: 5 })

const cut = (bytes: Buffer, at: readonly number[]): Buffer[] => {
  const places = [...new Set(at.map((place) => place % (bytes.length + 1)))].toSorted((a, b) => a - b)
  return [0, ...places]
    .map((from, index) => bytes.subarray(from, places[index] ?? bytes.length))
    .filter((piece) => piece.length > 0)
}

describe('messages on one connection', () => {
  it('end at the same bytes however the bytes are cut', () => {
    fc.assert(
      fc.property(messages, fc.array(fc.nat(), { maxLength: 12 }), (all, places) => {
        const texts = all.map(({ head, body }) => head + body)
        const reader = createMessageReader((bytes, from, end) => parseRequestHead(bytes, from, end)?.framing ?? null)
        const found: string[] = []
        let current: Buffer[] = []
        for (const piece of cut(Buffer.from(texts.join('')), places)) {
          for (let from = 0; from < piece.length; ) {
            const end = readMessage(reader, piece, from)
            current.push(piece.subarray(from, end))
            from = end
            if (reader.phase !== 'done') continue
            found.push(Buffer.concat(current).toString())
            current = []
            resetMessage(reader)
          }
        }
        expect(found).toEqual(texts)
        expect(current).toEqual([])
      }),
    )
  })

  it('that are not understood are said to be broken, and all their bytes belong to them', () => {
    const reader = createMessageReader((bytes, from, end) => parseRequestHead(bytes, from, end)?.framing ?? null)
    const bytes = Buffer.from('POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n')
    expect(readMessage(reader, bytes, 0)).toBe(bytes.length)
    expect(reader.phase).toBe('broken')
  })

  it('with an endless head are given up', () => {
    const reader = createMessageReader(() => null)
    readMessage(reader, Buffer.alloc(70_000, 65), 0)
    expect(reader.phase).toBe('broken')
  })
})
