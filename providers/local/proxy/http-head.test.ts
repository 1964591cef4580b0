import { describe, expect, it } from 'vitest'
import { headEnd, isIdempotent, parseRequestHead, parseResponseHead, sniff } from './http-head.ts'

const headOf = (lines: readonly string[]): Buffer => Buffer.from([...lines, '', ''].join('\r\n'))

const request = (...lines: string[]) => {
  const bytes = headOf(lines)
  expect(headEnd(bytes, 0)).toBe(bytes.length)
  return parseRequestHead(bytes, 0, bytes.length)
}
const response = (method: string, ...lines: string[]) =>
  parseResponseHead(headOf(lines), 0, headOf(lines).length, method)

describe('requests', () => {
  it('end after the head unless a length or an encoding says otherwise', () => {
    expect(request('GET / HTTP/1.1', 'Host: a')).toEqual({ method: 'GET', framing: { kind: 'none' }, close: false })
    expect(request('POST / HTTP/1.1', 'content-LENGTH:  12 ', 'Host: a')?.framing).toEqual({
      kind: 'length',
      bytes: 12,
    })
    expect(request('POST / HTTP/1.1', 'Transfer-Encoding: gzip, chunked')?.framing).toEqual({ kind: 'chunked' })
  })

  it('that are ambiguous or no HTTP/1 are not understood', () => {
    expect(request('POST / HTTP/1.1', 'Content-Length: 1', 'Content-Length: 2')).toBeNull()
    expect(request('POST / HTTP/1.1', 'Content-Length: 1', 'Transfer-Encoding: chunked')).toBeNull()
    expect(request('POST / HTTP/1.1', 'Transfer-Encoding: gzip')).toBeNull()
    expect(request('POST / HTTP/1.1', 'Content-Length: -1')).toBeNull()
    expect(request('GET / HTTP/2.0')).toBeNull()
    expect(request('hello')).toBeNull()
  })

  it('say whether the connection goes on', () => {
    expect(request('GET / HTTP/1.1', 'Connection: Close')?.close).toBe(true)
    expect(request('GET / HTTP/1.0')?.close).toBe(true)
    expect(request('GET / HTTP/1.0', 'Connection: keep-alive')?.close).toBe(false)
  })
})

describe('responses', () => {
  it('have no body where the method or the status forbids one', () => {
    expect(response('HEAD', 'HTTP/1.1 200 OK', 'Content-Length: 5')?.framing).toEqual({ kind: 'none' })
    expect(response('GET', 'HTTP/1.1 304 Not Modified', 'Content-Length: 5')?.framing).toEqual({ kind: 'none' })
    expect(response('GET', 'HTTP/1.1 204 ')?.framing).toEqual({ kind: 'none' })
  })

  it('without a length go on until the connection closes', () => {
    expect(response('GET', 'HTTP/1.1 200 OK')).toEqual({ framing: { kind: 'close' }, close: true })
  })

  it('may be interim, or the last HTTP on the connection', () => {
    expect(response('POST', 'HTTP/1.1 100 Continue')?.framing.kind).toBe('interim')
    expect(response('GET', 'HTTP/1.1 101 Switching Protocols')?.framing.kind).toBe('opaque')
    expect(response('CONNECT', 'HTTP/1.1 200 OK')?.framing.kind).toBe('opaque')
    expect(response('GET', 'ICY 200 OK')).toBeNull()
  })
})

describe('the first bytes of a client', () => {
  it('tell HTTP/1 from anything else as soon as they can', () => {
    expect(sniff('GET /x HTTP/1.1\r\nHost')).toBe('http')
    expect(sniff('M-SEARCH * HTTP/1.1\r\n')).toBe('http')
    expect(['', 'G', 'GET', 'POST /very/long'].map(sniff)).toEqual(['more', 'more', 'more', 'more'])
    expect(
      ['PRI * HTTP/2.0\r\n', 'PING\r\n', 'EHLO x\r\n', '\u0016\u0003\u0001', 'GEX', '*1\r\n$4'].map(sniff),
    ).toEqual(Array(6).fill('other'))
    expect(sniff(`GET /${'x'.repeat(20_000)}`)).toBe('other')
  })
})

describe('methods', () => {
  it('are known to be repeatable only where HTTP says so', () => {
    expect(['GET', 'PUT', 'DELETE', 'POST', 'PATCH', 'FOO'].map(isIdempotent)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ])
  })
})
