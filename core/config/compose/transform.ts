// Going through a tree along a table of transformers: each says what the long form of its attribute is.
import type { Findings } from './findings.ts'
import { map, type Node } from './node.ts'
import { into, serviceOf, shown, type Trail } from './pattern.ts'

/** undefined: the value is wrong, was reported and is dropped. */
export type Transformer = (node: Node, trail: Trail<Transformer>, findings: Findings) => Node | undefined

export const transform: Transformer = (node, trail, findings) => {
  const transformer = trail.state?.value
  return transformer === undefined ? children(node, trail, findings) : transformer(node, trail, findings)
}

export const children: Transformer = (node, trail, findings) => {
  if (trail.state === undefined) return node
  if (node.kind === 'map') {
    for (const [key, value] of [...node.entries]) {
      const next = transform(value, into(trail, key), findings)
      if (next === undefined) node.entries.delete(key)
      else node.entries.set(key, next)
    }
  } else if (node.kind === 'list') {
    const items = node.items.map((item) => transform(item, into(trail, '[]'), findings))
    node.items.splice(0, node.items.length, ...items.filter((item) => item !== undefined))
  }
  return node
}

interface Place {
  readonly trail: Trail<Transformer>
  readonly findings: Findings
}

/** What came out of a variable may be a secret, so it is not repeated. */
export const wrong = (node: Node, { trail, findings }: Place, message: string): undefined => {
  const said = node.origin === undefined ? message : 'the value of the variable cannot be understood here'
  findings.error('SP1107', `${shown(trail)}: ${said}`, { at: node.at, service: serviceOf(trail) })
  return undefined
}

export const wrongType: Transformer = (node, trail, findings) =>
  wrong(node, { trail, findings }, `${node.kind} is not allowed here`)

/** Mappings are long forms already; text is a short one. */
export const mapOr =
  (short: Transformer): Transformer =>
  (node, trail, findings) =>
    node.kind === 'map'
      ? node
      : node.kind === 'string'
        ? short(node, trail, findings)
        : wrongType(node, trail, findings)

export const keyed = (key: string): Transformer => mapOr((node) => map([[key, node]], node))
