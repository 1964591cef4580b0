// The common subset of YAML, read straight into nodes: block mappings and lists, texts on one line, flow collections on
// one line, comments. Most files hold nothing else, and this takes a fifth of the full reader's time. Whatever is not
// surely of the subset (and so every fault) is left to the full reader: `undefined` is never wrong.
import type { Mark, Node, Source } from './node.ts'
import { createReading, type Reading, readFlow, taken } from './yaml-plain-flow.ts'
import { contentLines, type Line } from './yaml-plain-lines.ts'
import { resolvePlain } from './yaml-scalar.ts'

/** Far from the full reader's own limits, which it explains. */
const MAX_DEPTH = 50
const MAX_NODES = 90_000

interface Blocks extends Reading {
  readonly lines: readonly Line[]
  at: number
}

/** What stands on the rest of a line; `end` of a collection is where its last line ends. */
interface Block {
  readonly node: Node
  readonly end: number
}

export const readPlainYaml = (text: string, source: Source): Node | undefined => {
  const lines = contentLines(text)
  if (lines === undefined || lines[0]?.indent !== 0) return undefined
  const reading: Blocks = { ...createReading(text, source), lines, at: 0 }
  const root = readMap(reading, { column: 0, depth: 0, keyAt: undefined })
  return root !== undefined && reading.at === lines.length && reading.nodes < MAX_NODES ? root.node : undefined
}

interface Place {
  readonly column: number
  readonly depth: number
  readonly keyAt: Mark | undefined
}

const markOf = (reading: Reading, start: number, end: number): Mark => ({ source: reading.source, start, end })

const placed = (at: Mark, keyAt: Mark | undefined) => (keyAt === undefined ? { at } : { at, keyAt })

/** `from`: where the first key stands when the line begins with the dash of a list. */
const readMap = (reading: Blocks, place: Place, from?: number): Block | undefined => {
  if (place.depth > MAX_DEPTH) return undefined
  const entries = new Map<string, Node>()
  const start = from ?? reading.lines[reading.at]?.from ?? 0
  let end = start
  let keyFrom: number | undefined = start
  while (keyFrom !== undefined) {
    const key = keyIn(reading, keyFrom)
    if (key === undefined || entries.has(key.name)) return undefined
    const value = readValue(reading, { ...place, depth: place.depth + 1, keyAt: key.at }, key.at.end + 1)
    if (value === undefined) return undefined
    entries.set(key.name, value.node)
    end = value.end
    const next = reading.lines[reading.at]
    if (next !== undefined && next.indent > place.column) return undefined
    keyFrom = next?.indent === place.column && !isItem(reading, next.from) ? next.from : undefined
  }
  reading.nodes++
  return { node: { ...placed(markOf(reading, start, end), place.keyAt), kind: 'map', entries }, end }
}

const keyIn = (reading: Reading, from: number): { readonly name: string; readonly at: Mark } | undefined => {
  const name = taken(reading, 'key', from)
  if (name === undefined || name === '__proto__' || name.length > 256 || resolvePlain(name).kind !== 'string')
    return undefined
  return { name, at: markOf(reading, from, from + name.length) }
}

const isItem = ({ text }: Reading, from: number): boolean =>
  text.charCodeAt(from) === 45 && (text.charCodeAt(from + 1) === 32 || text.charCodeAt(from + 1) === 10)

/** The value behind a key's colon: on the same line, or the block below it. `place.column`: of the mapping. */
const readValue = (reading: Blocks, place: Place, colonEnd: number): Block | undefined => {
  const line = reading.lines[reading.at]
  if (line === undefined) return undefined
  const start = skipSpaces(reading.text, colonEnd)
  if (start < line.to) return readInline(reading, place, { start, line })
  reading.at++
  const next = reading.lines[reading.at]
  if (next === undefined || next.indent < place.column) return undefined
  if (isItem(reading, next.from)) return readList(reading, { ...place, column: next.indent })
  if (next.indent > place.column) return readMap(reading, { ...place, column: next.indent })
  return emptyValue(reading, place, { start, line, next })
}

const skipSpaces = (text: string, from: number): number => {
  let at = from
  while (text.charCodeAt(at) === 32) at++
  return at
}

/** A key without value, with a further key right behind it. */
const emptyValue = (
  reading: Reading,
  place: Place,
  { start, line, next }: { readonly start: number; readonly line: Line; readonly next: Line },
): Block | undefined => {
  if (line.next !== next.from - next.indent || line.end !== line.to) return undefined
  reading.nodes++
  return { node: { ...placed(markOf(reading, start, start), place.keyAt), kind: 'null' }, end: start }
}

const readList = (reading: Blocks, place: Place): Block | undefined => {
  if (place.depth > MAX_DEPTH) return undefined
  const items: Node[] = []
  const start = reading.lines[reading.at]?.from ?? 0
  let end = start
  for (let line = reading.lines[reading.at]; line?.indent === place.column; line = reading.lines[reading.at]) {
    if (!isItem(reading, line.from)) break
    const item = readItem(reading, place, line)
    if (item === undefined) return undefined
    items.push(item.node)
    end = item.end
  }
  const next = reading.lines[reading.at]
  if (next !== undefined && next.indent > place.column) return undefined
  reading.nodes++
  return { node: { ...placed(markOf(reading, start, end), place.keyAt), kind: 'list', items }, end }
}

const readItem = (reading: Blocks, place: Place, line: Line): Block | undefined => {
  const from = skipSpaces(reading.text, line.from + 1)
  if (from >= line.to || isItem(reading, from)) return undefined
  const inner = { column: line.indent + (from - line.from), depth: place.depth + 1, keyAt: undefined }
  return keyIn(reading, from) === undefined
    ? readInline(reading, { ...inner, column: place.column }, { start: from, line })
    : readMap(reading, inner, from)
}

/** A scalar or flow collection that ends on its line; `place.column`: a deeper line behind it would go on with it. */
const readInline = (
  reading: Blocks,
  place: Place,
  { start, line }: { readonly start: number; readonly line: Line },
): Block | undefined => {
  reading.at++
  const next = reading.lines[reading.at]
  if (next !== undefined && next.indent > place.column) return undefined
  const node = readFlow(reading, { start, end: line.to, keyAt: place.keyAt })
  return node === undefined ? undefined : { node, end: line.next }
}
