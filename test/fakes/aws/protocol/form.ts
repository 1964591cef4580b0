// Requests of the query protocols: a form with flattened names, read back into a value by the operation's schema
// (awsQuery: Filters.member.1.Name; ec2Query: Filter.1.Name).
import type { NormalizedSchema } from '@smithy/core/schema'

export type Dialect = 'awsQuery' | 'ec2Query'

type Form = ReadonlyMap<string, string>

export interface Decoded {
  readonly value: unknown
  /** Keys that no member of the schema has: the service would refuse or ignore them, a test must know. */
  readonly unknown: readonly string[]
}

const ENVELOPE = new Set(['Action', 'Version'])

export const decodeForm = (schema: NormalizedSchema, text: string, dialect: Dialect): Decoded => {
  const form = new Map(new URLSearchParams(text))
  const used = new Set<string>()
  const value = read(schema, { form, dialect, used }, '')
  return { value: value ?? {}, unknown: [...form.keys()].filter((key) => !used.has(key) && !ENVELOPE.has(key)) }
}

interface Reading {
  readonly form: Form
  readonly dialect: Dialect
  readonly used: Set<string>
}

const read = (schema: NormalizedSchema, from: Reading, prefix: string): unknown => {
  if (schema.isStructSchema()) return readStruct(schema, from, prefix)
  if (schema.isListSchema()) return readList(schema, from, prefix)
  if (schema.isMapSchema()) return readMap(schema, from, prefix)
  const text = from.form.get(prefix)
  if (text === undefined) return undefined
  from.used.add(prefix)
  return readSimple(schema, text)
}

const readSimple = (schema: NormalizedSchema, text: string): unknown => {
  if (schema.isBooleanSchema()) return text === 'true'
  if (schema.isNumericSchema()) return Number(text)
  if (schema.isTimestampSchema()) return new Date(text)
  if (schema.isBlobSchema()) return Buffer.from(text, 'base64')
  return text
}

const readStruct = (schema: NormalizedSchema, from: Reading, prefix: string): unknown => {
  const there = prefix === '' || hasAny(from.form, prefix)
  if (!there) return undefined
  const entries = [...schema.structIterator()].flatMap(([name, member]) => {
    const value = read(member, from, join(prefix, keyOf(name, member, from.dialect)))
    return value === undefined ? [] : [[name, value] as const]
  })
  return Object.fromEntries(entries)
}

const readList = (schema: NormalizedSchema, from: Reading, prefix: string): unknown => {
  const member = schema.getValueSchema()
  const flat = from.dialect === 'ec2Query' || schema.getMergedTraits().xmlFlattened === 1
  const base = flat ? prefix : join(prefix, String(member.getMergedTraits().xmlName ?? 'member'))
  const items: unknown[] = []
  for (let i = 1; hasAny(from.form, `${base}.${i}`); i += 1) items.push(read(member, from, `${base}.${i}`))
  if (items.length === 0 && from.form.get(prefix) === '') {
    from.used.add(prefix)
    return []
  }
  return items.length === 0 ? undefined : items
}

const readMap = (schema: NormalizedSchema, from: Reading, prefix: string): unknown => {
  const entries: (readonly [string, unknown])[] = []
  for (let i = 1; hasAny(from.form, `${prefix}.entry.${i}`); i += 1) {
    const key = read(schema.getKeySchema(), from, `${prefix}.entry.${i}.key`)
    entries.push([String(key), read(schema.getValueSchema(), from, `${prefix}.entry.${i}.value`)])
  }
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

const keyOf = (name: string, member: NormalizedSchema, dialect: Dialect): string => {
  const { xmlName, ec2QueryName } = member.getMergedTraits()
  if (dialect === 'awsQuery') return String(xmlName ?? name)
  if (typeof ec2QueryName === 'string') return ec2QueryName
  const key = String(xmlName ?? name)
  return key.charAt(0).toUpperCase() + key.slice(1)
}

const hasAny = (form: Form, prefix: string): boolean =>
  form.has(prefix) || [...form.keys()].some((key) => key.startsWith(`${prefix}.`))

const join = (prefix: string, key: string): string => (prefix === '' ? key : `${prefix}.${key}`)
