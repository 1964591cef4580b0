// The grammar of .env and env_file: KEY=value, KEY: value, export, quotes, escapes, comments, variables, and a bare KEY
// that takes its value from the surroundings.
import { type Lookup, substitute } from './template.ts'

export interface DotenvFault {
  readonly line: number
  readonly message: string
}

export interface Variable {
  readonly key: string
  readonly value: string
}

export type Dotenv = { readonly variables: readonly Variable[] } | { readonly fault: DotenvFault }

interface Cursor {
  rest: string
  line: number
  fault: DotenvFault | undefined
}

/** Ends the reading; the first fault is the one that is told, and never with a value in it. */
const fail = (cursor: Cursor, message: string): string => {
  cursor.fault ??= { line: cursor.line, message }
  cursor.rest = ''
  return ''
}

const SPACE = '\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000'
const LEADING = new RegExp(`^[${SPACE}]*`)
const TRAILING = new RegExp(`[${SPACE}]+$`)
const LEADING_BLANK = /^[\t\v\f\r \u0085\u00a0]*/
const BLANK = /[\t\v\f\r \u0085\u00a0]/
const NAME = /[\p{L}\p{N}_.\-[\]]/u

/**
 * Variables in order, later ones winning. `lookup` gives bare names their value and comes first inside values; then what
 * stands above in the file, then `base`.
 */
export const parseDotenv = (source: string, lookup: Lookup, base: Lookup = lookup): Dotenv => {
  const rest = source.startsWith('\uFEFF') ? source.slice(1) : source
  const cursor: Cursor = { rest, line: 1, fault: undefined }
  const known = new Map<string, string>()
  while (skipToStatement(cursor)) readStatement(cursor, known, { lookup, base })
  if (cursor.fault !== undefined) return { fault: cursor.fault }
  return { variables: [...known].map(([key, value]) => ({ key, value })) }
}

const skipToStatement = (cursor: Cursor): boolean => {
  for (;;) {
    const space = LEADING.exec(cursor.rest)?.[0] ?? ''
    cursor.line += space.split('\n').length - 1
    cursor.rest = cursor.rest.slice(space.length)
    if (!cursor.rest.startsWith('#')) return cursor.rest !== ''
    const end = cursor.rest.indexOf('\n')
    cursor.rest = end < 0 ? '' : cursor.rest.slice(end)
  }
}

interface Lookups {
  readonly lookup: Lookup
  readonly base: Lookup
}

const readStatement = (cursor: Cursor, known: Map<string, string>, { lookup, base }: Lookups): void => {
  const { key, inherited } = readKey(cursor)
  if (key.includes(' ')) fail(cursor, 'key cannot contain a space')
  if (cursor.fault !== undefined) return
  if (inherited) {
    const value = lookup(key)
    if (value !== undefined) known.set(key, value)
    return
  }
  known.set(
    key,
    readValue(cursor, (name) => lookup(name) ?? known.get(name) ?? base(name)),
  )
}

const readKey = (cursor: Cursor): { readonly key: string; readonly inherited: boolean } => {
  if (/^export\s+/.test(cursor.rest)) {
    cursor.rest = cursor.rest.slice('export'.length).replace(LEADING_BLANK, '')
  }
  const { end, stop } = keyEnd(cursor)
  if (cursor.rest === '') fail(cursor, 'a variable name is missing')
  const raw = cursor.rest.slice(0, end)
  const inherited = stop === '\n'
  if (inherited && !raw.includes(' ')) cursor.line++
  cursor.rest = cursor.rest.slice(stop === '' ? 0 : end + 1).replace(LEADING_BLANK, '')
  return { key: stop === '' ? '' : raw.replace(TRAILING, ''), inherited }
}

const keyEnd = (cursor: Cursor): { readonly end: number; readonly stop: string } => {
  let at = 0
  for (const char of cursor.rest) {
    if (char === '=' || char === ':' || char === '\n') return { end: at, stop: char }
    if (!BLANK.test(char) && !NAME.test(char)) {
      fail(cursor, `unexpected character ${JSON.stringify(char)} in a variable name`)
      return { end: 0, stop: '' }
    }
    at += char.length
  }
  return { end: at, stop: '' }
}

const readValue = (cursor: Cursor, lookup: Lookup): string => {
  const quote = cursor.rest[0]
  if (quote === '"' || quote === "'") return readQuoted(cursor, quote, lookup)
  const end = cursor.rest.indexOf('\n')
  const line = end < 0 ? cursor.rest : cursor.rest.slice(0, end)
  cursor.rest = end < 0 ? '' : cursor.rest.slice(end + 1)
  cursor.line++
  const comment = line.indexOf(' #')
  return expand(cursor, (comment < 0 ? line : line.slice(0, comment)).replace(TRAILING, ''), lookup)
}

const readQuoted = (cursor: Cursor, quote: string, lookup: Lookup): string => {
  let value = ''
  let escaping = false
  for (let i = 1; i < cursor.rest.length; i++) {
    const char = cursor.rest.charAt(i)
    if (char === '\n') cursor.line++
    if (char === quote && !escaping) {
      cursor.rest = cursor.rest.slice(i + 1)
      return quote === '"' ? expand(cursor, unescapeText(value), lookup) : value
    }
    if (char !== quote && !escaping && char === '\\') {
      escaping = true
      continue
    }
    if (escaping && char !== quote) value += '\\'
    escaping = false
    value += char
  }
  return fail(cursor, 'unterminated quoted value')
}

const expand = (cursor: Cursor, value: string, lookup: Lookup): string => {
  const result = substitute(value, lookup)
  if ('ok' in result) return result.ok.value
  const { fault } = result
  return fail(
    cursor,
    fault.kind === 'required' ? `required variable ${fault.variable} is missing a value` : 'invalid variable template',
  )
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '"': '"',
  '\\': '\\',
}

// `\$` becomes `$$`, which the expansion that follows reads as a plain dollar. What is no escape keeps its backslash,
// but loses the leading zero of its octal form.
const unescapeText = (value: string): string =>
  value.replace(
    /\\(?:([abcfnrtv$"\\])|0(\d{0,3}))/g,
    (found, letter: string | undefined, octal: string | undefined) => {
      if (letter === '$') return '$$'
      if (letter !== undefined) return ESCAPES[letter] ?? found
      const digits = octal ?? ''
      const code = /^[0-7]{3}$/.test(digits) ? Number.parseInt(digits, 8) : 256
      return code < 256 ? String.fromCharCode(code) : `\\${digits}`
    },
  )
