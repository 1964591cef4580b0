// Canonical JSON (sorted keys, no undefined) and hashes of it: equal content, equal bytes, whatever built it. Written as
// one pass into text, because every rendered object of every plan goes through it.
import { hash } from 'node:crypto'

export const canonicalJson = (value: unknown): string => text(value) ?? 'null'

/** First 32 hex of SHA-256 over the canonical JSON; secrets enter as their references. */
export const contentHash = (value: unknown): string => hash('sha256', canonicalJson(value), 'hex').slice(0, 32)

/** True only where both have the same canonical JSON; false on doubt. Parts that both share are not looked into. */
export const isSameContent = (a: unknown, b: unknown): boolean => {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a))
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => isSameContent(item, b[i]))
  return isPlain(a) && isPlain(b) && sameFields(a as Fields, b as Fields)
}

const sameFields = (a: Fields, b: Fields): boolean => {
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && isSameContent(a[key], b[key]))
  )
}

/** What writes itself in its own way, as dates and secrets do, is equal to itself alone. */
const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return (prototype === Object.prototype || prototype === null) && !('toJSON' in value)
}

/** undefined for what JSON leaves out: undefined itself and functions. */
const text = (value: unknown): string | undefined => {
  if (value === null) return 'null'
  if (typeof value === 'boolean') return value ? 'true' : 'false'
  if (typeof value === 'number') return Number.isFinite(value) ? `${value}` : 'null'
  if (typeof value !== 'object') return JSON.stringify(value)
  return Array.isArray(value) ? list(value) : record(value as Fields)
}

type Fields = Readonly<Record<string, unknown>>

const list = (values: readonly unknown[]): string => {
  let out = ''
  for (const value of values) out += `${out === '' ? '' : ','}${text(value) ?? 'null'}`
  return `[${out}]`
}

const record = (value: Fields): string | undefined => {
  const own = value['toJSON']
  if (typeof own === 'function') return text(own.call(value))
  let out = ''
  for (const key of Object.keys(value).sort()) {
    const field = text(value[key])
    if (field !== undefined) out += `${out === '' ? '' : ','}${quoted(key)}:${field}`
  }
  return `{${out}}`
}

/** Most keys need no escape, and asking is cheaper than escaping. */
const quoted = (key: string): string => (/^[\w.-]*$/.test(key) ? `"${key}"` : JSON.stringify(key))
