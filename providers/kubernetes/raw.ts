// Reading of raw API objects, whose shape nobody promises: what is not there reads as undefined, [] or null.

export type RawObject = Readonly<Record<string, unknown>>

export const asObject = (value: unknown): RawObject => (isObject(value) ? value : {})

const isObject = (value: unknown): value is RawObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** 'status.conditions' */
export const field = (object: unknown, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>((v, key) => (typeof v === 'object' && v !== null ? Reflect.get(v, key) : undefined), object)

export const textAt = (object: unknown, path: string): string | null => {
  const value = field(object, path)
  return typeof value === 'string' ? value : null
}

export const numberAt = (object: unknown, path: string): number | null => {
  const value = field(object, path)
  return typeof value === 'number' ? value : null
}

export const listAt = (object: unknown, path: string): readonly RawObject[] => {
  const value = field(object, path)
  return Array.isArray(value) ? value.map(asObject) : []
}

export interface Condition {
  readonly status: string
  readonly reason: string | null
  readonly message: string | null
}

export const conditionOf = (object: unknown, type: string): Condition | null => {
  const found = listAt(object, 'status.conditions').find((c) => c['type'] === type)
  if (found === undefined) return null
  return {
    status: textAt(found, 'status') ?? 'Unknown',
    reason: textAt(found, 'reason'),
    message: textAt(found, 'message'),
  }
}
