// Canonical JSON (sorted keys, no undefined) and hashes of it: equal content, equal bytes, whatever built it.
import { createHash } from 'node:crypto'

export const canonicalJson = (value: unknown): string => JSON.stringify(sorted(value))

/** First 32 hex of SHA-256 over the canonical JSON; secrets enter as their references. */
export const contentHash = (value: unknown): string =>
  createHash('sha256').update(canonicalJson(value)).digest('hex').slice(0, 32)

const sorted = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value
  if ('toJSON' in value && typeof value.toJSON === 'function') return sorted(value.toJSON())
  if (Array.isArray(value)) return value.map(sorted)
  const entries = Object.entries(value).filter(([, v]) => v !== undefined)
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([k, v]) => [k, sorted(v)]))
}
