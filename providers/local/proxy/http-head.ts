// As much of HTTP/1 as is needed to know where a message ends: RFC 9112 section 6. Anything unclear is null, and the
// caller then passes bytes on without looking at them. Pure. Works on bytes: this runs for every message, and strings
// would cost more than all the rest of the proxy's own work.

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

const TAB = 9
const NEWLINE = 10
const RETURN = 13
const SPACE = 32
const ZERO = 48
const NINE = 57
const COLON = 58
const LETTER_C = 99
const LETTER_T = 116
const LOWER = 32

const CONTENT_LENGTH = Buffer.from('content-length')
const TRANSFER_ENCODING = Buffer.from('transfer-encoding')
const CONNECTION = Buffer.from('connection')
const VERSION = Buffer.from('HTTP/1.')

/** Index after the empty line that ends a head, or -1: it goes on. Empty lines before it are passed over. */
export const headEnd = (bytes: Buffer, from: number): number => {
  let start = from
  while (bytes[start] === RETURN && bytes[start + 1] === NEWLINE) start += 2
  for (let at = bytes.indexOf(NEWLINE, start); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) {
    if (bytes[at + 1] === RETURN && bytes[at + 2] === NEWLINE) return at + 3
  }
  return -1
}

/** Case does not matter; `name` is in lower case and is followed by a colon. */
const isName = (bytes: Buffer, at: number, name: Buffer): boolean => {
  if (bytes[at + name.length] !== COLON) return false
  for (let index = 0; index < name.length; index += 1)
    if (((bytes[at + index] ?? 0) | LOWER) !== name[index]) return false
  return true
}

const isBlank = (byte: number | undefined): boolean => byte === SPACE || byte === TAB || byte === RETURN

const textOf = (bytes: Buffer, from: number, end: number): string =>
  bytes.toString('latin1', from, end).trim().toLowerCase()

const MAX_LENGTH = 2 ** 50

/** -1: no number. */
const numberOf = (bytes: Buffer, from: number, end: number): number => {
  let [at, last, value] = [from, end, 0]
  while (at < last && isBlank(bytes[at])) at += 1
  while (last > at && isBlank(bytes[last - 1])) last -= 1
  if (at === last) return -1
  for (; at < last; at += 1) {
    const byte = bytes[at] ?? 0
    if (byte < ZERO || byte > NINE || value > MAX_LENGTH) return -1
    value = value * 10 + byte - ZERO
  }
  return value
}

/** What one head says about its body and its connection; `broken`: it contradicts itself. */
interface Fields {
  length: number | null
  encoding: string | null
  connection: string
  broken: boolean
}

const readField = (bytes: Buffer, at: number, end: number, fields: Fields): void => {
  if (isName(bytes, at, CONTENT_LENGTH)) {
    const length = numberOf(bytes, at + CONTENT_LENGTH.length + 1, end)
    fields.broken ||= length < 0 || (fields.length !== null && fields.length !== length)
    fields.length = length
  } else if (isName(bytes, at, CONNECTION)) fields.connection += `${textOf(bytes, at + CONNECTION.length + 1, end)},`
  else if (isName(bytes, at, TRANSFER_ENCODING)) {
    const value = textOf(bytes, at + TRANSFER_ENCODING.length + 1, end)
    fields.encoding = fields.encoding === null ? value : `${fields.encoding},${value}`
  }
}

/** Lines from `from`, which is behind the first one, to the empty one. Only those with c or t in front are looked at. */
const fieldsOf = (bytes: Buffer, from: number, end: number): Fields => {
  const fields: Fields = { length: null, encoding: null, connection: '', broken: false }
  for (let at = from; at < end; ) {
    const first = (bytes[at] ?? 0) | LOWER
    let next = at
    while (next < end && bytes[next] !== NEWLINE) next += 1
    if (first === LETTER_C || first === LETTER_T) readField(bytes, at, next, fields)
    at = next + 1
  }
  return fields
}

const NONE: Framing = { kind: 'none' }
const CHUNKED: Framing = { kind: 'chunked' }
const UNTIL_CLOSE: Framing = { kind: 'close' }
const INTERIM: Framing = { kind: 'interim' }
const OPAQUE: Framing = { kind: 'opaque' }

const bodyOf = ({ length, encoding, broken }: Fields, without: Framing): Framing | null => {
  if (broken) return null
  if (encoding !== null) return length === null && /(^|,)\s*chunked$/.test(encoding) ? CHUNKED : null
  return length === null ? without : { kind: 'length', bytes: length }
}

/** The minor version of 'HTTP/1.x' at the place, or -1. */
const minorAt = (bytes: Buffer, at: number): number => {
  for (let index = 0; index < VERSION.length; index += 1) if (bytes[at + index] !== VERSION[index]) return -1
  const minor = (bytes[at + VERSION.length] ?? 0) - ZERO
  return minor === 0 || minor === 1 ? minor : -1
}

const closes = (minor: number, connection: string): boolean =>
  minor === 0 ? !connection.includes('keep-alive') : connection !== '' && connection.includes('close')

const METHOD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const VERSION_BYTES = 8

/** 'METHOD target HTTP/1.x': the place of its method's end, or -1. */
const methodEnd = (bytes: Buffer, from: number, lineEnd: number): number => {
  const space = bytes.indexOf(SPACE, from)
  const second = space < 0 ? -1 : bytes.indexOf(SPACE, space + 1)
  return second === lineEnd - VERSION_BYTES - 1 && space > from && second > space + 1 ? space : -1
}

const skipEmpty = (bytes: Buffer, from: number): number => {
  let start = from
  while (bytes[start] === RETURN && bytes[start + 1] === NEWLINE) start += 2
  return start
}

/** `end` as from headEnd. */
export const parseRequestHead = (bytes: Buffer, from: number, end: number): RequestHead | null => {
  const start = skipEmpty(bytes, from)
  const newline = bytes.indexOf(NEWLINE, start)
  const lineEnd = newline - 1
  const space = bytes[lineEnd] === RETURN ? methodEnd(bytes, start, lineEnd) : -1
  const minor = space < 0 ? -1 : minorAt(bytes, lineEnd - VERSION_BYTES)
  if (minor < 0) return null
  const method = bytes.toString('latin1', start, space)
  const fields = fieldsOf(bytes, newline + 1, end)
  const framing = bodyOf(fields, NONE)
  if (framing === null || !METHOD.test(method)) return null
  return { framing, method, close: closes(minor, fields.connection) }
}

const responseFraming = (status: number, method: string, fields: Fields): Framing | null => {
  if (status === 101 || (method === 'CONNECT' && status >= 200 && status < 300)) return OPAQUE
  if (status < 200) return INTERIM
  if (method === 'HEAD' || status === 204 || status === 304) return NONE
  return bodyOf(fields, UNTIL_CLOSE)
}

const STATUS_AT = 9

export const parseResponseHead = (bytes: Buffer, from: number, end: number, method: string): ResponseHead | null => {
  const minor = minorAt(bytes, from)
  const status = numberOf(bytes, from + STATUS_AT, from + STATUS_AT + 3)
  if (minor < 0 || status < 100 || bytes[from + STATUS_AT - 1] !== SPACE) return null
  const fields = fieldsOf(bytes, bytes.indexOf(NEWLINE, from) + 1, end)
  const framing = responseFraming(status, method, fields)
  return framing === null ? null : { framing, close: framing.kind === 'close' || closes(minor, fields.connection) }
}

const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE'])

/** Sending it twice does what sending it once does (RFC 9110 section 9.2.2). */
export const isIdempotent = (method: string): boolean => IDEMPOTENT.has(method)

const REQUEST_LINE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+ \S+ HTTP\/1\.[01]$/
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
