// What a YAML scalar is, given its tag and its quotes.
import type { Scalar } from 'yaml'
import { type PlainScalar, resolvePlain } from './yaml-scalar.ts'

export type TaggedScalar = PlainScalar | { readonly fault: string }

const CORE = 'tag:yaml.org,2002:'

export const readScalar = (node: Scalar | undefined): TaggedScalar => {
  if (node === undefined) return { kind: 'null' }
  const value = String(node.value ?? '')
  const tag = node.tag === '!' ? undefined : node.tag
  if (tag === undefined || tag === '') return node.type === 'PLAIN' ? resolvePlain(value) : { kind: 'string', value }
  return tag.startsWith(CORE) ? tagged(tag.slice(CORE.length), value) : { kind: 'string', value }
}

const FITTING: Readonly<Record<string, readonly string[]>> = {
  bool: ['bool'],
  int: ['int'],
  float: ['float', 'int'],
  null: ['null'],
  timestamp: ['time'],
}

const tagged = (tag: string, value: string): TaggedScalar => {
  if (tag === 'binary') return binary(value)
  const kinds = Object.hasOwn(FITTING, tag) ? FITTING[tag] : undefined
  if (kinds === undefined) return { kind: 'string', value }
  const resolved = resolvePlain(value)
  if (!kinds.includes(resolved.kind)) return { fault: `${JSON.stringify(value)} is no ${tag}` }
  return tag === 'float' && resolved.kind === 'int' ? { kind: 'float', value: Number(resolved.value) } : resolved
}

const binary = (value: string): TaggedScalar => {
  const base64 = value.replace(/\s/g, '')
  const sound = /^[A-Za-z0-9+/]*={0,2}$/.test(base64) && base64.length % 4 === 0
  return sound
    ? { kind: 'string', value: Buffer.from(base64, 'base64').toString('utf8') }
    : { fault: 'the text is not base64' }
}
