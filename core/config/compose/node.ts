// The tree that every stage of the loader reads and rewrites: YAML values that remember where they stand and where
// they came from. Integers and floats stay apart, because Compose prints and refuses them differently.
import type { SourceSpan } from '../../model/diagnostic.ts'
import type { Origin } from '../types.ts'

export interface Source {
  readonly file: string
  /** 1-based line and column of an offset. */
  locate(offset: number): { readonly line: number; readonly column: number }
}

export interface Mark {
  readonly source: Source
  readonly start: number
  readonly end: number
}

interface Placed {
  readonly at: Mark
  /** The key under which the value was read; null values are pointed at by it. */
  readonly keyAt?: Mark
  readonly origin?: Origin
}

export interface StringNode extends Placed {
  readonly kind: 'string'
  readonly value: string
}
export interface IntNode extends Placed {
  readonly kind: 'int'
  readonly value: number | bigint
}
export interface FloatNode extends Placed {
  readonly kind: 'float'
  readonly value: number
  /** Printed with the shortest digits of a 32-bit float. */
  readonly single?: boolean
}
export interface BoolNode extends Placed {
  readonly kind: 'bool'
  readonly value: boolean
}
export interface NullNode extends Placed {
  readonly kind: 'null'
}
/** A plain YAML timestamp. Compose never reads it as text, so it keeps both of its printed forms. */
export interface TimeNode extends Placed {
  readonly kind: 'time'
  readonly text: string
  readonly rfc3339: string
  readonly written: string
}
export interface ListNode extends Placed {
  readonly kind: 'list'
  readonly items: Node[]
}
export interface MapNode extends Placed {
  readonly kind: 'map'
  readonly entries: Map<string, Node>
}

export type ScalarNode = StringNode | IntNode | FloatNode | BoolNode | NullNode | TimeNode
export type Node = ScalarNode | ListNode | MapNode

/** Where a new node stands: beside the one that it was made from. */
export const placeOf = (node: Node): Placed => ({
  at: node.at,
  ...(node.keyAt === undefined ? {} : { keyAt: node.keyAt }),
  ...(node.origin === undefined ? {} : { origin: node.origin }),
})

export const text = (value: string, from: Node): StringNode => ({ ...placeOf(from), kind: 'string', value })
export const bool = (value: boolean, from: Node): BoolNode => ({ ...placeOf(from), kind: 'bool', value })
export const int = (value: number | bigint, from: Node): IntNode => ({ ...placeOf(from), kind: 'int', value })
export const nothing = (from: Node): NullNode => ({ ...placeOf(from), kind: 'null' })
export const list = (items: Node[], from: Node): ListNode => ({ ...placeOf(from), kind: 'list', items })
export const map = (entries: Iterable<readonly [string, Node]>, from: Node): MapNode => ({
  ...placeOf(from),
  kind: 'map',
  entries: new Map(entries),
})

export const isText = (node: Node | undefined): node is StringNode => node?.kind === 'string'
export const isMap = (node: Node | undefined): node is MapNode => node?.kind === 'map'
export const isList = (node: Node | undefined): node is ListNode => node?.kind === 'list'
export const isNull = (node: Node | undefined): boolean => node === undefined || node.kind === 'null'

/** The entry when it is a mapping; stages use it to look around without caring for shape. */
export const mapAt = (node: Node | undefined, key: string): MapNode | undefined => {
  const child = isMap(node) ? node.entries.get(key) : undefined
  return isMap(child) ? child : undefined
}

export const listAt = (node: Node | undefined, key: string): ListNode | undefined => {
  const child = isMap(node) ? node.entries.get(key) : undefined
  return isList(child) ? child : undefined
}

export const textAt = (node: Node | undefined, key: string): string | undefined => {
  const child = isMap(node) ? node.entries.get(key) : undefined
  return isText(child) ? child.value : undefined
}

export const clone = (node: Node): Node => {
  if (node.kind === 'map')
    return map(
      [...node.entries].map(([k, v]) => [k, clone(v)] as const),
      node,
    )
  if (node.kind === 'list') return list(node.items.map(clone), node)
  return node
}

/** Equal in value and type, wherever they stand. */
export const equal = (a: Node, b: Node): boolean => {
  if (a.kind === 'map') {
    if (b.kind !== 'map' || a.entries.size !== b.entries.size) return false
    return [...a.entries].every(([k, v]) => {
      const other = b.entries.get(k)
      return other !== undefined && equal(v, other)
    })
  }
  if (a.kind === 'list') {
    return b.kind === 'list' && a.items.length === b.items.length && a.items.every((v, i) => matches(v, b.items[i]))
  }
  if (a.kind === 'null') return b.kind === 'null'
  if (a.kind === 'time') return b.kind === 'time' && a.text === b.text
  return a.kind === b.kind && 'value' in b && a.value === b.value
}

const matches = (a: Node, b: Node | undefined): boolean => b !== undefined && equal(a, b)

export const spanOf = (mark: Mark): SourceSpan => {
  const start = mark.source.locate(mark.start)
  const end = mark.source.locate(Math.max(mark.start, mark.end))
  return { file: mark.source.file, line: start.line, column: start.column, endLine: end.line, endColumn: end.column }
}

/** The mark a reader should look at: the key for what has no text of its own. */
export const markOf = (node: Node): Mark => (node.kind === 'null' && node.keyAt !== undefined ? node.keyAt : node.at)
