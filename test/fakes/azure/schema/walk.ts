// Holds a value against its type: unknown and missing members, wrong types, values outside a range or a list, members that
// only the service writes. Enums of the published types are open; here they are closed, so that a slip of the pen is seen.
import { FLAGS, type MemberNode, type Node, type ObjectNode } from './types.ts'

export type Direction = 'request' | 'reply'

export interface Judge {
  /** What is wrong with the value, each with its place; empty: nothing. */
  violations(type: Node, value: unknown, direction: Direction): readonly string[]
}

interface Walk {
  readonly types: readonly Node[]
  readonly direction: Direction
}

export const createJudge = (types: readonly Node[]): Judge => ({
  violations: (type, value, direction) => walk({ types, direction }, type, { value, path: 'body' }),
})

interface Seen {
  readonly value: unknown
  readonly path: string
}

const walk = (at: Walk, node: Node, seen: Seen): readonly string[] => {
  const type = resolved(at, node)
  switch (type.$type) {
    case 'AnyType':
      return []
    case 'BooleanType':
      return typeof seen.value === 'boolean' ? [] : [wrong(seen, 'true or false')]
    case 'NumberType':
      return typeof seen.value === 'number' ? [] : [wrong(seen, 'a number')]
    case 'IntegerType':
      return integerFaults(type, seen)
    case 'StringType':
      return stringFaults(type, seen)
    case 'StringLiteralType':
      return seen.value === type.value ? [] : [wrong(seen, `'${type.value}'`)]
    case 'UnionType':
      return unionFaults(at, type.elements, seen)
    case 'ArrayType':
      if (!Array.isArray(seen.value)) return [wrong(seen, 'a list')]
      return seen.value.flatMap((value, i) => walk(at, type.itemType, { value, path: `${seen.path}[${i}]` }))
    case 'ObjectType':
      return objectFaults(at, type, seen)
  }
}

type Resolved = Exclude<Node, { readonly $ref: string }>

const resolved = (at: Walk, node: Node): Resolved => {
  if (!('$ref' in node)) return node
  const found = at.types[Number(node.$ref.slice('#/'.length))]
  if (found === undefined) throw new Error(`the types have no ${node.$ref}`)
  return resolved(at, found)
}

const wrong = ({ value, path }: Seen, wanted: string): string =>
  `${path}: ${JSON.stringify(value)?.slice(0, 60)} is not ${wanted}`

const integerFaults = (type: Extract<Node, { $type: 'IntegerType' }>, seen: Seen): readonly string[] => {
  if (!Number.isInteger(seen.value)) return [wrong(seen, 'a whole number')]
  const value = Number(seen.value)
  const low = type.minValue ?? Number.NEGATIVE_INFINITY
  const high = type.maxValue ?? Number.POSITIVE_INFINITY
  return value >= low && value <= high ? [] : [wrong(seen, `between ${low} and ${high}`)]
}

const stringFaults = (type: Extract<Node, { $type: 'StringType' }>, seen: Seen): readonly string[] => {
  if (typeof seen.value !== 'string') return [wrong(seen, 'a text')]
  const { length } = seen.value
  if (length < (type.minLength ?? 0) || length > (type.maxLength ?? Number.POSITIVE_INFINITY))
    return [wrong(seen, `${type.minLength ?? 0} to ${type.maxLength} letters long`)]
  return type.pattern === undefined || new RegExp(type.pattern).test(seen.value) ? [] : [wrong(seen, type.pattern)]
}

const unionFaults = (at: Walk, elements: readonly Node[], seen: Seen): readonly string[] => {
  const literals = elements.flatMap((element) => {
    const type = resolved(at, element)
    return type.$type === 'StringLiteralType' ? [type.value] : []
  })
  if (literals.length === 0)
    return elements.some((element) => walk(at, element, seen).length === 0) ? [] : [wrong(seen, 'one of its kinds')]
  return literals.some((value) => value === seen.value) ? [] : [wrong(seen, `one of ${literals.join(', ')}`)]
}

const objectFaults = (at: Walk, type: ObjectNode, seen: Seen): readonly string[] => {
  const { value, path } = seen
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [wrong(seen, 'an object')]
  const missing = Object.entries(type.properties)
    .filter(([key, member]) => isMissing(at, member, Reflect.get(value, key)))
    .map(([key]) => `${path}.${key}: is missing`)
  const inside = Object.entries(value).flatMap(([key, each]) => memberFaults(at, type, { value: each, path, key }))
  return [...missing, ...inside]
}

/** A name that the address carries need not be in the body again. */
const isMissing = (at: Walk, { flags }: MemberNode, value: unknown): boolean =>
  (flags & FLAGS.required) !== 0 &&
  (flags & (FLAGS.readOnly | FLAGS.inAddress)) === 0 &&
  (at.direction === 'request' || (flags & FLAGS.writeOnly) === 0) &&
  (value === undefined || value === null)

const memberFaults = (at: Walk, type: ObjectNode, seen: Seen & { readonly key: string }): readonly string[] => {
  const path = `${seen.path}.${seen.key}`
  const member = type.properties[seen.key]
  if (member === undefined) {
    if (type.additionalProperties === undefined) return [`${path}: is no member of ${type.name}`]
    return walk(at, type.additionalProperties, { value: seen.value, path })
  }
  const readOnly = (member.flags & FLAGS.readOnly) !== 0 && at.direction === 'request'
  if (readOnly && seen.value !== undefined) return [`${path}: is written by the service only`]
  // A null is how a client says "not set".
  if (seen.value === null && (member.flags & FLAGS.required) === 0) return []
  return walk(at, member.type, { value: seen.value, path })
}
