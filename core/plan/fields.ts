// Field-by-field difference of two bodies. A secret never shows: where either side is one, both sides are masked, since
// the plain side may be the same value from before it counted as a secret.
import type { FieldChange } from '../model/plan.ts'
import { isSecretJson, Secret } from '../model/secret.ts'

export const SECRET = '(secret)'

/** Changes from `from` (what runs) to `to` (what is wanted), by path, in path order. Absent and null are one. */
export const diffFields = (from: unknown, to: unknown): readonly FieldChange[] => {
  const changes: FieldChange[] = []
  walk({ path: '', from, to }, changes)
  return changes
}

export const isSecret = (value: unknown): value is Secret | { readonly secret: string } =>
  value instanceof Secret || isSecretJson(value)

/** A copy that can be printed. */
export const masked = (value: unknown): unknown => {
  if (isSecret(value)) return SECRET
  if (Array.isArray(value)) return value.map(masked)
  if (isRecord(value)) return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, masked(v)]))
  return value ?? null
}

const walk = (at: FieldChange, changes: FieldChange[]): void => {
  const { path, from, to } = at
  if (from === to || ((from ?? null) === null && (to ?? null) === null)) return
  if (isSecret(from) || isSecret(to)) {
    if (refOf(from) !== refOf(to)) changes.push({ path, from: hidden(from), to: hidden(to) })
  } else if (Array.isArray(from) && Array.isArray(to)) walkArrays({ path, from, to }, changes)
  else if (isRecord(from) && isRecord(to)) walkRecords({ path, from, to }, changes)
  else changes.push(shown(at))
}

const walkRecords = (
  at: {
    readonly path: string
    readonly from: Readonly<Record<string, unknown>>
    readonly to: Readonly<Record<string, unknown>>
  },
  changes: FieldChange[],
): void => {
  for (const key of [...new Set([...Object.keys(at.from), ...Object.keys(at.to)])].sort())
    walk({ path: join(at.path, key), from: at.from[key], to: at.to[key] }, changes)
}

/** Lists of named things are compared by name; any other list is one value, for its order counts. */
const walkArrays = (
  at: { readonly path: string; readonly from: readonly unknown[]; readonly to: readonly unknown[] },
  changes: FieldChange[],
): void => {
  const name = NAMES.find((key) => names(at.from, key) && names(at.to, key))
  if (name === undefined || at.from.length + at.to.length === 0) {
    if (!sameList(at.from, at.to)) changes.push(shown(at))
    return
  }
  const byName = (list: readonly unknown[]): ReadonlyMap<string, unknown> =>
    new Map(list.map((item) => [String(isRecord(item) ? item[name] : ''), item]))
  const [from, to] = [byName(at.from), byName(at.to)]
  for (const key of [...new Set([...from.keys(), ...to.keys()])].sort())
    walk({ path: `${at.path}[${key}]`, from: from.get(key), to: to.get(key) }, changes)
}

const NAMES = ['name', 'key', 'target', 'object', 'service'] as const

const names = (list: readonly unknown[], key: string): boolean => {
  const values = list.map((item) => (isRecord(item) ? item[key] : undefined))
  return values.every((v) => typeof v === 'string' || typeof v === 'number') && new Set(values).size === values.length
}

const sameList = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((item, i) => diffFields(item, b[i]).length === 0)

/** Where secrets stand differently on the two sides, a plain part of one may be a secret of the other: all is masked. */
const shown = ({ path, from, to }: FieldChange): FieldChange => {
  const comparable = (from ?? null) === null || (to ?? null) === null || secretsIn(from).join() === secretsIn(to).join()
  return comparable ? { path, from: masked(from), to: masked(to) } : { path, from: SECRET, to: SECRET }
}

/** Positions of secrets inside a value. */
const secretsIn = (value: unknown, path = ''): readonly string[] => {
  if (isSecret(value)) return [path]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, v]) => secretsIn(v, `${path}/${key}`))
}

const refOf = (value: unknown): string | null => {
  if (value instanceof Secret) return value.ref
  return isSecretJson(value) ? value.secret : null
}

const hidden = (value: unknown): string | null => ((value ?? null) === null ? null : SECRET)

const join = (path: string, key: string): string => {
  const safe = /^[^.[\]]+$/.test(key) ? key : undefined
  if (safe === undefined) return `${path}["${key}"]`
  return path === '' ? safe : `${path}.${safe}`
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
