// Scalars and flow collections of the common subset of YAML, on one line. `undefined`: the full reader has to look.
import type { Mark, Node, Source } from './node.ts'
import { resolvePlain } from './yaml-scalar.ts'

/** One text on its way; `forms` remember where they last matched. */
export interface Reading {
  readonly text: string
  readonly source: Source
  readonly forms: Readonly<Record<'key' | 'double' | 'single' | 'plain', RegExp>>
  nodes: number
}

export const createReading = (text: string, source: Source): Reading => ({
  text,
  source,
  forms: {
    key: /[A-Za-z_][\w./-]*(?=:(?: |\n|$))/y,
    // Escapes and doubled quotes are left to the full reader.
    double: /"([^"\\\n]*)"/y,
    single: /'([^'\n]*)'(?!')/y,
    // No indicator at the beginning, none of flow collections inside, no `: `.
    plain: /(?:[^\s,[\]{}#&*!|>'"%@`?:-]|-(?=[\w-]))(?:[^\n,[\]{}:#]|:(?=[^\s,[\]{}"']))*/y,
  },
  nodes: 0,
})

/** The text that the form takes from there on. */
export const taken = ({ text, forms }: Reading, form: keyof Reading['forms'], from: number): string | undefined => {
  forms[form].lastIndex = from
  return forms[form].exec(text)?.[0]
}

interface Span {
  readonly start: number
  readonly end: number
  readonly keyAt: Mark | undefined
}

interface Flow {
  readonly reading: Reading
  readonly end: number
  at: number
}

/** The value that fills the span from start to end. */
export const readFlow = (reading: Reading, { start, end, keyAt }: Span): Node | undefined => {
  const code = reading.text.charCodeAt(start)
  if (code !== OPEN_LIST && code !== OPEN_MAP && code !== DOUBLE && code !== SINGLE)
    return plain(reading, { start, end, keyAt })
  const flow: Flow = { reading, end, at: start }
  const node = value(flow, keyAt, 0)
  return flow.at === end ? node : undefined
}

const [OPEN_LIST, CLOSE_LIST, OPEN_MAP, CLOSE_MAP, DOUBLE, SINGLE, COMMA] = [91, 93, 123, 125, 34, 39, 44]
const MAX_DEPTH = 20

const value = (flow: Flow, keyAt: Mark | undefined, depth: number): Node | undefined => {
  if (depth > MAX_DEPTH) return undefined
  switch (flow.reading.text.charCodeAt(flow.at)) {
    case OPEN_LIST:
      return list(flow, keyAt, depth)
    case OPEN_MAP:
      return map(flow, keyAt, depth)
    case DOUBLE:
      return quoted(flow, keyAt, 'double')
    case SINGLE:
      return quoted(flow, keyAt, 'single')
    default:
      return plainInFlow(flow, keyAt)
  }
}

const quoted = (flow: Flow, keyAt: Mark | undefined, form: 'double' | 'single'): Node | undefined => {
  const found = taken(flow.reading, form, flow.at)
  if (found === undefined) return undefined
  const start = flow.at
  flow.at += found.length
  flow.reading.nodes++
  return { ...placed(flow.reading, { start, end: flow.at, keyAt }), kind: 'string', value: found.slice(1, -1) }
}

const placed = ({ source }: Reading, { start, end, keyAt }: Span) =>
  keyAt === undefined ? { at: { source, start, end } } : { at: { source, start, end }, keyAt }

/** No indicator at the beginning, no `: ` inside, no colon at the end, no comment. */
const BLOCK_PLAIN = /^(?:[^\s,[\]{}#&*!|>'"%@`?:-]|[-?:](?=\S))(?:[^\n:#]|:(?=[^\s])|(?<=\S)#)*$/

const plain = (reading: Reading, span: Span): Node | undefined => {
  const text = reading.text.slice(span.start, span.end)
  if (!BLOCK_PLAIN.test(text)) return undefined
  reading.nodes++
  return { ...placed(reading, span), ...resolvePlain(text) }
}

const plainInFlow = (flow: Flow, keyAt: Mark | undefined): Node | undefined => {
  const found = plainText(flow)
  if (found === undefined) return undefined
  const span = { start: flow.at, end: flow.at + found.length, keyAt }
  flow.at = span.end
  flow.reading.nodes++
  return { ...placed(flow.reading, span), ...resolvePlain(found) }
}

const plainText = (flow: Flow): string | undefined => taken(flow.reading, 'plain', flow.at)?.trimEnd()

const skipSpaces = (flow: Flow): number => {
  while (flow.at < flow.end && flow.reading.text.charCodeAt(flow.at) === 32) flow.at++
  return flow.at < flow.end ? flow.reading.text.charCodeAt(flow.at) : 0
}

const list = (flow: Flow, keyAt: Mark | undefined, depth: number): Node | undefined => {
  const items: Node[] = []
  const done = entriesUntil(flow, CLOSE_LIST, () => {
    const item = value(flow, undefined, depth + 1)
    if (item !== undefined) items.push(item)
    return item !== undefined
  })
  return done === undefined ? undefined : { ...placed(flow.reading, { ...done, keyAt }), kind: 'list', items }
}

const map = (flow: Flow, keyAt: Mark | undefined, depth: number): Node | undefined => {
  const entries = new Map<string, Node>()
  const done = entriesUntil(flow, CLOSE_MAP, () => {
    const start = flow.at
    const name = plainText(flow)
    if (name === undefined || name === '__proto__' || name === '<<' || entries.has(name)) return false
    if (name.length > 256 || resolvePlain(name).kind !== 'string') return false
    flow.at += name.length
    if (!flow.reading.text.startsWith(': ', flow.at)) return false
    flow.at += 1
    skipSpaces(flow)
    const at = { source: flow.reading.source, start, end: start + name.length }
    const child = value(flow, at, depth + 1)
    if (child !== undefined) entries.set(name, child)
    return child !== undefined
  })
  return done === undefined ? undefined : { ...placed(flow.reading, { ...done, keyAt }), kind: 'map', entries }
}

/** Entries with commas between them up to the closing bracket; where the collection stands. */
const entriesUntil = (
  flow: Flow,
  close: number,
  entry: () => boolean,
): { readonly start: number; readonly end: number } | undefined => {
  const start = flow.at
  flow.reading.nodes++
  flow.at++
  let next = skipSpaces(flow)
  for (let first = true; next !== close; first = false) {
    if (!first) {
      if (next !== COMMA) return undefined
      flow.at++
      skipSpaces(flow)
    }
    if (!entry()) return undefined
    next = skipSpaces(flow)
  }
  flow.at++
  return { start, end: flow.at }
}
