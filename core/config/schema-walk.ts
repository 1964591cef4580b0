// Walks a zod schema along a path of a value: which keys are known there. The value chooses between alternatives.
import type * as z from 'zod'
import type { Path } from './types.ts'

export const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((at, part) => (typeof at === 'object' && at !== null ? Reflect.get(at, part) : undefined), value)

/** The keys that the schema knows at a path; the value chooses between alternatives of a union. */
export const keysAt = (schema: z.ZodType, path: Path, value: unknown): readonly string[] => {
  let at: readonly z.core.$ZodTypes[] = alternatives(schema as unknown as z.core.$ZodTypes, value)
  path.forEach((part, i) => {
    const inner = valueAt(value, path.slice(0, i + 1))
    at = at.flatMap((type) => child(type, part)).flatMap((type) => alternatives(type, inner))
  })
  return [...new Set(at.flatMap((type) => (type._zod.def.type === 'object' ? Object.keys(type._zod.def.shape) : [])))]
}

const alternatives = (type: z.core.$ZodTypes, value: unknown): readonly z.core.$ZodTypes[] => {
  const def = type._zod.def
  if (def.type === 'optional' || def.type === 'nullable') return alternatives(def.innerType as z.core.$ZodTypes, value)
  if (def.type !== 'union') return [type]
  const options = def.options as readonly z.core.$ZodTypes[]
  const key = 'discriminator' in def && typeof def.discriminator === 'string' ? def.discriminator : null
  const chosen = key === null ? options : options.filter((option) => literalOf(option, key) === valueAt(value, [key]))
  return chosen.flatMap((option) => alternatives(option, value))
}

const literalOf = (type: z.core.$ZodTypes, key: string): unknown => {
  const property =
    type._zod.def.type === 'object' ? (type._zod.def.shape[key] as z.core.$ZodTypes | undefined) : undefined
  return property?._zod.def.type === 'literal' ? property._zod.def.values[0] : undefined
}

const child = (type: z.core.$ZodTypes, part: string | number): readonly z.core.$ZodTypes[] => {
  const def = type._zod.def
  if (def.type === 'array') return [def.element as z.core.$ZodTypes]
  if (def.type === 'record') return [def.valueType as z.core.$ZodTypes]
  const property = def.type === 'object' ? def.shape[part] : undefined
  return property === undefined ? [] : [property as z.core.$ZodTypes]
}
