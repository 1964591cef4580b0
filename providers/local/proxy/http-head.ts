// As much of HTTP/1 as is needed to know where a message ends: RFC 9112 section 6. Anything unclear is null, and the
// caller then passes bytes on without looking at them. Pure.

export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  /** Until the sender closes. */
  | { readonly kind: 'close' }
  /** 1xx: another head follows. */
  | { readonly kind: 'interim' }
  /** 101, or 2xx to CONNECT: no HTTP from here on. */
  | { readonly kind: 'opaque' }

export interface RequestHead {
  readonly framing: Framing
  readonly method: string
  /** The client wants the connection closed after the answer. */
  readonly close: boolean
}

export interface ResponseHead {
  readonly framing: Framing
  readonly close: boolean
}

interface Fields {
  readonly length: string | null
  readonly encoding: string | null
  readonly connection: string
}

const LETTER_C = 99
const LETTER_T = 116
const LOWER_CASE = 32

/** Only lines that begin with c or t are looked at closer: this runs for every message. */
const fieldsOf = (head: string): Fields | null => {
  let [length, encoding, connection]: [string | null, string | null, string] = [null, null, '']
  for (let at = head.indexOf('\r\n'); at >= 0; at = head.indexOf('\r\n', at + 2)) {
    const first = head.charCodeAt(at + 2) | LOWER_CASE
    if (first !== LETTER_C && first !== LETTER_T) continue
    const colon = head.indexOf(':', at)
    if (colon < 0) continue
    const name = head.slice(at + 2, colon).toLowerCase()
    if (name !== 'content-length' && name !== 'transfer-encoding' && name !== 'connection') continue
    const end = head.indexOf('\r\n', colon)
    const value = head.slice(colon + 1, end < 0 ? undefined : end).trim()
    if (name === 'connection') connection += `${value.toLowerCase()},`
    else if (name === 'transfer-encoding')
      encoding = encoding === null ? value.toLowerCase() : `${encoding},${value.toLowerCase()}`
    else if (length !== null && length !== value) return null
    else length = value
  }
  return { length, encoding, connection }
}

const NONE: Framing = { kind: 'none' }
const CHUNKED: Framing = { kind: 'chunked' }

const bodyOf = ({ length, encoding }: Fields, without: Framing): Framing | null => {
  if (encoding !== null) return length === null && /(^|,)\s*chunked$/.test(encoding) ? CHUNKED : null
  if (length === null) return without
  if (!/^\d{1,15}$/.test(length)) return null
  return { kind: 'length', bytes: Number(length) }
}

const REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) \S+ HTTP\/1\.([01])$/
const STATUS_LINE = /^HTTP\/1\.([01]) (\d{3})( |$)/

const firstLine = (head: string): string => {
  const end = head.indexOf('\r\n')
  return end < 0 ? head : head.slice(0, end)
}

const closes = (minor: string | undefined, connection: string): boolean =>
  minor === '0' ? !connection.includes('keep-alive') : connection.includes('close')

/** `head` is everything before the empty line. */
export const parseRequestHead = (head: string): RequestHead | null => {
  const line = REQUEST_LINE.exec(firstLine(head))
  const fields = line === null ? null : fieldsOf(head)
  const framing = fields === null ? null : bodyOf(fields, NONE)
  if (line === null || fields === null || framing === null) return null
  return { framing, method: line[1] ?? '', close: closes(line[2], fields.connection) }
}

const OPAQUE: Framing = { kind: 'opaque' }
const INTERIM: Framing = { kind: 'interim' }
const UNTIL_CLOSE: Framing = { kind: 'close' }

const responseFraming = (status: number, method: string, fields: Fields): Framing | null => {
  if (status === 101 || (method === 'CONNECT' && status >= 200 && status < 300)) return OPAQUE
  if (status < 200) return INTERIM
  if (method === 'HEAD' || status === 204 || status === 304) return NONE
  return bodyOf(fields, UNTIL_CLOSE)
}

export const parseResponseHead = (head: string, method: string): ResponseHead | null => {
  const line = STATUS_LINE.exec(firstLine(head))
  const fields = line === null ? null : fieldsOf(head)
  if (line === null || fields === null) return null
  const framing = responseFraming(Number(line[2]), method, fields)
  return framing === null ? null : { framing, close: framing.kind === 'close' || closes(line[1], fields.connection) }
}

const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE'])

/** Sending it twice does what sending it once does (RFC 9110 section 9.2.2). */
export const isIdempotent = (method: string): boolean => IDEMPOTENT.has(method)

const METHODS = ['GET ', 'HEAD ', 'POST ', 'PUT ', 'DELETE ', 'OPTIONS ', 'PATCH ', 'TRACE ', 'CONNECT ']
const MAX_LINE = 16_384

/** The first bytes of a client: HTTP/1, surely not, or more bytes are needed. */
export const sniff = (text: string): 'http' | 'other' | 'more' => {
  const end = text.indexOf('\r\n')
  if (end >= 0) return REQUEST_LINE.test(text.slice(0, end)) ? 'http' : 'other'
  if (text.length > MAX_LINE) return 'other'
  return METHODS.some((method) => (text.length < method.length ? method.startsWith(text) : text.startsWith(method)))
    ? 'more'
    : 'other'
}
