// Canonical JSON (sorted keys, no undefined) and hashes of it: equal content, equal bytes, whatever built it. Written as
// one pass into text, because every rendered object of every plan goes through it.
import { createHash } from 'node:crypto'

export const canonicalJson = (value: unknown): string => text(value) ?? 'null'

/** First 32 hex of SHA-256 over the canonical JSON; secrets enter as their references. */
export const contentHash = (value: unknown): string =>
  createHash('sha256').update(canonicalJson(value)).digest('hex').slice(0, 32)

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
