// Deep walks over any value that may hold Secrets: replacing each (keying, masking) and collecting them. What holds none
// is returned as it is, so that unchanged parts stay equal by identity.
import { Secret } from './secret.ts'

/** The same value with every Secret replaced by fn's answer. Arrays and plain objects are copied only where something changed. */
export const mapSecrets = <T>(value: T, fn: (secret: Secret) => unknown): T => walk(value, fn) as T

const walk = (value: unknown, fn: (secret: Secret) => unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Secret) return fn(value)
  if (Array.isArray(value)) return walkList(value, fn)
  return isPlain(value) ? walkRecord(value as Fields, fn) : value
}

type Fields = Readonly<Record<string, unknown>>

const walkList = (items: readonly unknown[], fn: (secret: Secret) => unknown): readonly unknown[] => {
  let changed: unknown[] | undefined
  for (let i = 0; i < items.length; i++) {
    const item = walk(items[i], fn)
    if (item === items[i]) continue
    changed ??= [...items]
    changed[i] = item
  }
  return changed ?? items
}

/** Nothing is allocated for what stays: an application of a thousand services is walked for every target. */
const walkRecord = (fields: Fields, fn: (secret: Secret) => unknown): Fields => {
  let changed: Map<string, unknown> | undefined
  for (const key of Object.keys(fields)) {
    const item = walk(fields[key], fn)
    if (item !== fields[key]) changed = (changed ?? new Map(Object.entries(fields))).set(key, item)
  }
  return changed === undefined ? fields : Object.fromEntries(changed)
}

/** Every Secret inside, in order of appearance. */
export const collectSecrets = (value: unknown): readonly Secret[] => {
  const found: Secret[] = []
  walk(value, (secret) => {
    found.push(secret)
    return secret
  })
  return found
}

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
