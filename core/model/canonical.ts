// Canonical JSON (sorted keys, no undefined) and hashes of it: equal content, equal bytes, whatever built it. Written as
// one pass into text, because every rendered object of a plan goes through it.
import { createHash } from 'node:crypto'

export const canonicalJson = (value: unknown): string => text(value) ?? 'null'

/** First 32 hex of SHA-256 over the canonical JSON; secrets enter as their references. */
export const contentHash = (value: unknown): string =>
  createHash('sha256').update(canonicalJson(value)).digest('hex').slice(0, 32)

/** undefined for what JSON leaves out: undefined itself and functions. */
const text = (value: unknown): string | undefined => {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if ('toJSON' in value && typeof value.toJSON === 'function') return text(value.toJSON())
  return Array.isArray(value) ? `[${value.map((v) => text(v) ?? 'null').join(',')}]` : fields(value)
}

const fields = (value: object): string => {
  let out = ''
  for (const key of Object.keys(value).sort()) {
    const field = text(Reflect.get(value, key))
    if (field === undefined) continue
    out += `${out === '' ? '' : ','}${JSON.stringify(key)}:${field}`
  }
  return `{${out}}`
}
