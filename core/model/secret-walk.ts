// Deep walks over any value that may hold Secrets: replacing each (keying, masking) and collecting them. What holds none
// is returned as it is, so that unchanged parts stay equal by identity.
import { Secret } from './secret.ts'

/** The same value with every Secret replaced by fn's answer. Arrays and plain objects are copied only where something changed. */
export const mapSecrets = <T>(value: T, fn: (secret: Secret) => unknown): T => walk(value, fn) as T

const walk = (value: unknown, fn: (secret: Secret) => unknown): unknown => {
  if (value instanceof Secret) return fn(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const next = value.map((item) => walk(item, fn))
    return next.some((item, i) => item !== value[i]) ? next : value
  }
  if (!isPlain(value)) return value
  const next = Object.entries(value).map(([key, item]) => [key, walk(item, fn), item] as const)
  return next.some(([, item, before]) => item !== before) ? Object.fromEntries(next) : value
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
