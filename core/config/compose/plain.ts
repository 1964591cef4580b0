// The tree as plain data, and the same tree as the answer to "where does this stand and where did it come from".
import type { Origin, Path, Positions } from '../types.ts'
import { shortestSingle } from './go-text.ts'
import { markOf, type Node, spanOf } from './node.ts'

export const toPlain = (node: Node): unknown => {
  switch (node.kind) {
    case 'map':
      return Object.fromEntries([...node.entries].map(([key, value]) => [key, toPlain(value)]))
    case 'list':
      return node.items.map(toPlain)
    case 'null':
      return null
    case 'time':
      return node.rfc3339
    case 'int':
      return Number(node.value)
    case 'float':
      return node.single === true ? shortestSingle(node.value) : node.value
    default:
      return node.value
  }
}

const LITERAL: Origin = { kind: 'literal' }

export const positionsOf = (root: Node | undefined): Positions => ({
  span: (path) => {
    const node = nearest(root, path)
    return node === undefined || markOf(node).source.file === '' ? undefined : spanOf(markOf(node))
  },
  keySpan: (path) => {
    const node = nearest(root, path)
    const mark = node === undefined ? undefined : (node.keyAt ?? markOf(node))
    return mark === undefined || mark.source.file === '' ? undefined : spanOf(mark)
  },
  origin: (path) => nearest(root, path)?.origin ?? LITERAL,
})

const nearest = (root: Node | undefined, path: Path): Node | undefined => {
  let node = root
  for (const part of path) {
    const next =
      node?.kind === 'map'
        ? node.entries.get(String(part))
        : node?.kind === 'list'
          ? node.items[Number(part)]
          : undefined
    if (next === undefined) return node
    node = next
  }
  return node
}
