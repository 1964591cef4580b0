// zod's issues as findings for people: where, what is wrong, what to write. Unions answer for the alternative that was
// probably meant, unknown keys and values get a suggestion.
import type * as z from 'zod'
import { closest, didYouMean } from './suggest.ts'
import type { Path } from './types.ts'

export interface Finding {
  readonly path: Path
  readonly code: string
  readonly message: string
  readonly hint?: string
}

type Issue = z.core.$ZodIssue

/** Every finding of a failed parse; `value` is what was parsed. */
export const findings = (schema: z.ZodType, value: unknown): readonly Finding[] => {
  const result = schema.safeParse(value)
  return result.success ? [] : result.error.issues.flatMap((issue) => explain(issue, schema, value))
}

const explain = (issue: Issue, schema: z.ZodType, value: unknown): readonly Finding[] => {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = keysAt(schema, path, value)
      return issue.keys.map((key) => unknownKey(path, key, known))
    }
    case 'invalid_type':
      return [wrongType(path, [issue.expected], valueAt(value, path))]
    case 'invalid_value':
      return [wrongValue(path, issue.values, valueAt(value, path))]
    case 'invalid_union':
      return union(issue, schema, value)
    case 'invalid_key':
      return issue.issues.flatMap((inner) => explain({ ...inner, path: issue.path }, schema, value))
    case 'too_small':
      return [finding(path, 'SP1303', `${named(path)} must be at least ${issue.minimum}${unitOf(issue.origin)}`)]
    case 'too_big':
      return [finding(path, 'SP1303', `${named(path)} must be at most ${issue.maximum}${unitOf(issue.origin)}`)]
    case 'custom': {
      const { code, hint } = issue.params ?? {}
      return [
        finding(
          path,
          typeof code === 'string' ? code : 'SP1303',
          `${named(path)}: ${issue.message}`,
          typeof hint === 'string' ? hint : undefined,
        ),
      ]
    }
    default:
      return [finding(path, 'SP1303', `${named(path)}: ${issue.message}`)]
  }
}

const union = (
  issue: Extract<Issue, { code: 'invalid_union' }>,
  schema: z.ZodType,
  value: unknown,
): readonly Finding[] => {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))
  if (issue.errors.length === 0) {
    const options = 'options' in issue && Array.isArray(issue.options) ? issue.options : []
    return [wrongValue(path, options, valueAt(value, path))]
  }
  const meant = issue.errors.filter((branch) => !branch.some(isRootMismatch)).sort((a, b) => a.length - b.length)[0]
  if (meant !== undefined)
    return meant.flatMap((inner) => explain({ ...inner, path: [...issue.path, ...inner.path] }, schema, value))
  const roots = issue.errors.flat().filter(isRootMismatch)
  const values = roots.flatMap((root) => (root.code === 'invalid_value' ? root.values : []))
  const types = roots.flatMap((root) => (root.code === 'invalid_type' ? [root.expected] : []))
  const actual = valueAt(value, path)
  return [
    values.length > 0 && typeof actual === 'string'
      ? wrongValue(path, values, actual, types)
      : wrongType(path, [...values.map(String), ...types], actual),
  ]
}

const isRootMismatch = (issue: Issue): boolean =>
  issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value')

const unknownKey = (path: Path, key: string, known: readonly string[]): Finding => {
  const best = closest(key, known)
  const hint = best === null ? `known here: ${known.join(', ')}` : `did you mean \`${best}\`?`
  return finding(
    [...path, key],
    'SP1302',
    `unknown key \`${key}\`${path.length > 0 ? ` in ${path.join('.')}` : ''}`,
    hint,
  )
}

const wrongType = (path: Path, expected: readonly string[], actual: unknown): Finding => {
  const wanted = [...new Set(expected.map((type) => TYPE[type] ?? type))].join(' or ')
  if (actual === undefined) return finding(path, 'SP1304', `${named(path)} is missing`, `write ${wanted}`)
  return finding(
    path,
    'SP1303',
    `${named(path)} must be ${wanted}, not ${shown(actual)}`,
    typeof actual === 'number' && wanted === 'text' ? `put it into quotes: "${actual}"` : undefined,
  )
}

const wrongValue = (
  path: Path,
  values: readonly unknown[],
  actual: unknown,
  types: readonly string[] = [],
): Finding => {
  const words = values.map(String)
  if (actual === undefined)
    return finding(path, 'SP1304', `${named(path)} is missing`, `write one of ${words.join(', ')}`)
  const wanted = [...words, ...types.map((type) => TYPE[type] ?? type)].join(', ')
  return finding(
    path,
    'SP1303',
    `${named(path)} must be one of ${wanted}, not ${shown(actual)}`,
    typeof actual === 'string' ? didYouMean(actual, words) : undefined,
  )
}

const finding = (path: Path, code: string, message: string, hint?: string): Finding =>
  hint === undefined ? { path, code, message } : { path, code, message, hint }

const named = (path: Path): string => (path.length === 0 ? 'the file' : path.join('.'))

const TYPE: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
}

const unitOf = (origin: string): string => (origin === 'array' ? ' entry' : origin === 'string' ? ' character' : '')

const shown = (value: unknown): string => {
  if (value === null) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a mapping'
  return typeof value === 'string' ? `"${value.slice(0, 60)}"` : String(value)
}

export const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((at, part) => (typeof at === 'object' && at !== null ? Reflect.get(at, part) : undefined), value)

/** The keys that the schema knows at a path; the value chooses between alternatives of a union. */
const keysAt = (schema: z.ZodType, path: Path, value: unknown): readonly string[] => {
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
