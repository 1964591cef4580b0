// zod's issues as findings for people: where, what is wrong, what to write. Unions answer for the alternative that was
// probably meant, unknown keys and values get a suggestion.
import type * as z from 'zod'
import { keysAt, valueAt } from './schema-walk.ts'
import { closest, didYouMean } from './suggest.ts'
import type { Path } from './types.ts'

export interface Finding {
  readonly path: Path
  readonly code: string
  readonly message: string
  readonly hint?: string
}

type Issue = z.core.$ZodIssue
type UnionIssue = Extract<Issue, { code: 'invalid_union' }>

/** What is being explained. */
interface Subject {
  readonly schema: z.ZodType
  readonly value: unknown
  /** Name of the whole in messages: 'x-stormport'; '' for a file. */
  readonly root: string
}

/** Every finding of a failed parse; `value` is what was parsed. */
export const findings = (schema: z.ZodType, value: unknown, root = ''): readonly Finding[] => {
  const result = schema.safeParse(value)
  return result.success ? [] : result.error.issues.flatMap((issue) => explain(issue, { schema, value, root }))
}

const explain = (issue: Issue, subject: Subject): readonly Finding[] => {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))
  const say = sayer(path, subject)
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey({ path, key, subject }))
    case 'invalid_type':
      return [say.wrongType([issue.expected])]
    case 'invalid_value':
      return [say.wrongValue(issue.values, [])]
    case 'invalid_union':
      return union(issue, path, subject)
    case 'invalid_key':
      return issue.issues.flatMap((inner) => explain({ ...inner, path: issue.path }, subject))
    case 'too_small':
      return [say.that(`must be at least ${issue.minimum}${unitOf(issue.origin)}`)]
    case 'too_big':
      return [say.that(`must be at most ${issue.maximum}${unitOf(issue.origin)}`)]
    case 'custom':
      return [say.custom(issue.message, issue.params ?? {})]
    default:
      return [say.that(issue.message)]
  }
}

/** The alternative whose own type fits was meant; if none fits, all of them are named. */
const union = (issue: UnionIssue, path: Path, subject: Subject): readonly Finding[] => {
  const say = sayer(path, subject)
  if (issue.errors.length === 0)
    return [say.wrongValue('options' in issue && Array.isArray(issue.options) ? issue.options : [], [])]
  const [meant] = issue.errors.filter((branch) => !branch.some(isRootMismatch)).sort((a, b) => a.length - b.length)
  if (meant !== undefined)
    return meant.flatMap((inner) => explain({ ...inner, path: [...issue.path, ...inner.path] }, subject))
  const roots = issue.errors.flat().filter(isRootMismatch)
  const values = roots.flatMap((root) => (root.code === 'invalid_value' ? root.values : []))
  const types = roots.flatMap((root) => (root.code === 'invalid_type' ? [root.expected] : []))
  const isWord = values.length > 0 && typeof valueAt(subject.value, path) === 'string'
  return [isWord ? say.wrongValue(values, types) : say.wrongType([...values.map(String), ...types])]
}

const isRootMismatch = (issue: Issue): boolean =>
  issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value')

const unknownKey = ({
  path,
  key,
  subject,
}: {
  readonly path: Path
  readonly key: string
  readonly subject: Subject
}): Finding => {
  const known = keysAt(subject.schema, path, subject.value)
  const best = closest(key, known)
  const hint = best === null ? `known here: ${known.join(', ')}` : `did you mean \`${best}\`?`
  const where = nameOf(path, subject.root)
  return {
    path: [...path, key],
    code: 'SP1302',
    message: `unknown key \`${key}\`${where === '' ? '' : ` in ${where}`}`,
    hint,
  }
}

/** Sentences about the value at one path. */
const sayer = (path: Path, { value, root }: Subject) => {
  const name = nameOf(path, root) || 'the file'
  const actual = valueAt(value, path)
  const make = (code: string, sentence: string, hint?: string): Finding => ({
    path,
    code,
    message: `${name}${sentence}`,
    ...(hint === undefined ? {} : { hint }),
  })
  return {
    that: (sentence: string) => make('SP1303', ` ${sentence}`),
    custom: (message: string, { code, hint }: Readonly<Record<string, unknown>>) =>
      make(typeof code === 'string' ? code : 'SP1303', `: ${message}`, typeof hint === 'string' ? hint : undefined),
    wrongType: (expected: readonly string[]) => {
      const wanted = [...new Set(expected.map(typeName))].join(' or ')
      if (actual === undefined) return make('SP1304', ' is missing', `write ${wanted}`)
      const quotes = typeof actual === 'number' && wanted === 'text' ? `put it into quotes: "${actual}"` : undefined
      return make('SP1303', ` must be ${wanted}, not ${shown(actual)}`, quotes)
    },
    wrongValue: (values: readonly unknown[], types: readonly string[]) => {
      const words = values.map(String)
      if (actual === undefined) return make('SP1304', ' is missing', `write one of ${words.join(', ')}`)
      const hint = typeof actual === 'string' ? didYouMean(actual, words) : undefined
      return make(
        'SP1303',
        ` must be one of ${[...words, ...types.map(typeName)].join(', ')}, not ${shown(actual)}`,
        hint,
      )
    },
  }
}

const nameOf = (path: Path, root: string): string => [...(root === '' ? [] : [root]), ...path].join('.')

const TYPE: ReadonlyMap<string, string> = new Map([
  ['string', 'text'],
  ['number', 'a number'],
  ['int', 'a whole number'],
  ['boolean', 'true or false'],
  ['object', 'a mapping'],
  ['record', 'a mapping'],
  ['array', 'a list'],
])

const typeName = (type: string): string => TYPE.get(type) ?? type

const unitOf = (origin: string): string => (origin === 'array' ? ' entry' : origin === 'string' ? ' character' : '')

const shown = (value: unknown): string => {
  if (value === null) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a mapping'
  return typeof value === 'string' ? `"${value.slice(0, 60)}"` : String(value)
}
