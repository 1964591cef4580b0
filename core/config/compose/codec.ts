// How one attribute is read into its final form: numbers out of text, text out of numbers, and what is left out when it
// says nothing. The forms are those of the reference loader's own types, one codec for each.
import type { Findings } from './findings.ts'
import { narrow, parseDecimal, parseFloatText, printed, shortestSingle } from './go-text.ts'
import { readBoolean } from './interpolate.ts'
import { bool, int, isNull, list, type MapNode, map, type Node, text } from './node.ts'
import { into, ROOT, serviceOf, shown, type Trail } from './pattern.ts'

export interface Decoding {
  readonly findings: Findings
  readonly trail: Trail
  /** What holds the attribute: where to point when it is absent. */
  readonly owner: Node
}

/** undefined in: absent. undefined out: not printed. */
export type Codec = (node: Node | undefined, decoding: Decoding) => Node | undefined

export const EXTENSIONS = '#extensions'

/** What came out of a variable may be a secret, so it is not repeated. */
export const reject = (node: Node, decoding: Decoding, message: string): undefined => {
  const said = node.origin === undefined ? message : 'does not understand the value of the variable'
  const service = serviceOf(decoding.trail)
  decoding.findings.error('SP1107', `${shown(decoding.trail)} ${said}`, { at: node.at, service })
  return undefined
}

/** A codec that is asked only about values, and refuses by returning a message. */
const present =
  (read: (node: Node) => Node | string | undefined): Codec =>
  (node, decoding) => {
    if (node === undefined || node.kind === 'null') return undefined
    const value = read(node)
    return typeof value === 'string' ? reject(node, decoding, value) : value
  }

/** Integers beyond 63 bits are of another type, which few attributes take. */
export const isHuge = (node: Node): boolean => node.kind === 'int' && node.value > 9223372036854775807n

const readText = (node: Node): Node | string => {
  if (node.kind === 'string') return node
  return node.kind === 'int' && !isHuge(node) ? text(String(node.value), node) : `must be text`
}

export const string: Codec = present((node) => {
  const value = readText(node)
  return typeof value !== 'string' && value.kind === 'string' && value.value === '' ? undefined : value
})

/** Printed also when it is empty. */
export const anyString: Codec = (node, decoding) => string(node, decoding) ?? text('', node ?? decoding.owner)

const readBool = (node: Node): Node | string => {
  if (node.kind === 'bool') return node
  const value = node.kind === 'string' ? readBoolean(node.value) : undefined
  return value === undefined ? 'must be true or false' : bool(value, node)
}

/** false says nothing. */
export const flag: Codec = present((node) => {
  const value = readBool(node)
  return typeof value !== 'string' && value.kind === 'bool' && !value.value ? undefined : value
})

/** Printed whenever it is given. */
export const givenFlag: Codec = present(readBool)

export const anyFlag: Codec = (node, decoding) => givenFlag(node, decoding) ?? bool(false, node ?? decoding.owner)

/** true says nothing, and absence is false. */
export const optOut: Codec = (node, decoding) => {
  const value = anyFlag(node, decoding)
  return value?.kind === 'bool' && value.value ? undefined : value
}

const readInt = (node: Node): Node | string => {
  if (node.kind === 'int') return isHuge(node) ? int(narrow(BigInt.asIntN(64, BigInt(node.value))), node) : node
  if (node.kind === 'float') return int(Math.trunc(node.value), node)
  const value = node.kind === 'string' ? parseDecimal(node.value) : undefined
  return value === undefined ? 'must be an integer' : int(value, node)
}

const zeroless =
  (read: (node: Node) => Node | string): ((node: Node) => Node | string | undefined) =>
  (node) => {
    const value = read(node)
    return typeof value !== 'string' && 'value' in value && Number(value.value) === 0 ? undefined : value
  }

export const integer: Codec = present(zeroless(readInt))
export const givenInteger: Codec = present(readInt)
export const anyInteger: Codec = (node, decoding) => givenInteger(node, decoding) ?? int(0, node ?? decoding.owner)

// Text is not taken for these: they are numbers already where variables may stand. What is too large wraps around.
const readUnsigned =
  (bits: number) =>
  (node: Node): Node | string => {
    if (node.kind !== 'int' && node.kind !== 'float') return 'must be a number'
    const value = node.kind === 'float' ? Math.trunc(node.value) : node.value
    return value < 0 ? 'must not be negative' : int(narrow(BigInt.asUintN(bits, BigInt(value))), node)
  }

export const unsigned = (bits: number): Codec => present(zeroless(readUnsigned(bits)))
export const anyUnsigned =
  (bits: number): Codec =>
  (node, decoding) =>
    present(readUnsigned(bits))(node, decoding) ?? int(0, node ?? decoding.owner)
export const givenUnsigned = (bits: number): Codec => present(readUnsigned(bits))

const readSingle = (node: Node): Node | string => {
  if (isHuge(node)) return 'must be a number'
  const value =
    node.kind === 'string'
      ? parseFloatText(node.value)
      : 'value' in node && node.kind !== 'bool'
        ? Number(node.value)
        : undefined
  if (value === undefined || !Number.isFinite(value)) return 'must be a number'
  return { ...node, kind: 'float', value: shortestSingle(value), single: true }
}

export const single: Codec = present(zeroless(readSingle))

/** A list, each item read by its codec; empty lists are not printed. */
export const listOf =
  (item: Codec): Codec =>
  (node, decoding) => {
    if (isNull(node) || node === undefined) return undefined
    if (node.kind !== 'list') return reject(node, decoding, 'must be a list')
    const items = node.items.flatMap((value, i) => {
      const read = item(value, { ...decoding, trail: into(decoding.trail, String(i)), owner: value })
      return read === undefined ? [] : [read]
    })
    return items.length === 0 ? undefined : list(items, node)
  }

export const strings: Codec = listOf((node, decoding) => anyString(node, decoding))

/** A list of texts, or one text. */
export const stringList: Codec = (node, decoding) => {
  if (node?.kind === 'string') return list([node], node)
  return listOf((item, inner) => (item?.kind === 'string' ? item : reject(item ?? inner.owner, inner, 'must be text')))(
    node,
    decoding,
  )
}

export const printedList: Codec = (node, decoding) => {
  if (node?.kind === 'string') return list([node], node)
  return listOf((item) => (item === undefined ? undefined : text(printed(item), item)))(node, decoding)
}

/** Keys of the user's own, each value read by its codec; empty mappings are not printed. */
export const dictionary =
  (value: Codec): Codec =>
  (node, decoding) => {
    if (isNull(node) || node === undefined) return undefined
    if (node.kind !== 'map') return reject(node, decoding, 'must be a mapping')
    const entries = [...node.entries].flatMap(([key, child]) => {
      const read = value(child, { ...decoding, trail: into(decoding.trail, key), owner: child })
      return read === undefined ? [] : [[key, read] as const]
    })
    return entries.length === 0 ? undefined : map(entries, node)
  }

export type Fields = Readonly<Record<string, Codec>>

/** Fields by name; keys of the user (x-) stay, whatever they hold. */
export const record = (fields: Fields, names: Readonly<Record<string, string>> = {}): Codec => {
  const rows = Object.entries(fields).map(
    ([key, codec]): Row => ({ key, codec, name: names[key] ?? key, silent: isSilent(codec) }),
  )
  return (node, decoding) => {
    if (isNull(node) || node === undefined) return undefined
    if (node.kind !== 'map') return reject(node, decoding, 'must be a mapping')
    return readFields(node, rows, decoding)
  }
}

/** Printed also where the file does not name it. */
export const always =
  (codec: Codec): Codec =>
  (node, decoding) =>
    codec(isNull(node) || node === undefined ? map([], decoding.owner) : node, decoding)

/** null stays null. */
export const nullable =
  (codec: Codec): Codec =>
  (node, decoding) =>
    node?.kind === 'null' ? node : codec(node, decoding)

interface Row {
  readonly key: string
  readonly codec: Codec
  readonly name: string
  /** Says nothing where it is absent, as nearly all do: most services write few of their hundred attributes. */
  readonly silent: boolean
}

/** Asked once for each codec: absence has no content on which the answer could depend. */
const isSilent = (codec: Codec): boolean => {
  let refused = false
  const note = (): void => {
    refused = true
  }
  const findings: Findings = { error: note, warn: note, failed: false, sorted: () => [] }
  const source = { file: '', locate: () => ({ line: 1, column: 1 }) }
  const owner: Node = { kind: 'map', at: { source, start: 0, end: 0 }, entries: new Map() }
  return codec(undefined, { findings, trail: ROOT, owner }) === undefined && !refused
}

const readFields = (node: MapNode, rows: readonly Row[], decoding: Decoding): MapNode => {
  const entries: [string, Node][] = []
  for (const { key, codec, name, silent } of rows) {
    const given = node.entries.get(key)
    if (given === undefined && silent) continue
    const value = codec(given, { findings: decoding.findings, trail: into(decoding.trail, key), owner: node })
    if (value !== undefined) entries.push([name, value])
  }
  const extensions = node.entries.get(EXTENSIONS)
  if (extensions?.kind === 'map') entries.push(...extensions.entries)
  return map(entries, node)
}
