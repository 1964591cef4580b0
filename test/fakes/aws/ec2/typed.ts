// What all of EC2's operations share: ids, tags given with a create, filters, and the two refusals they give most.
import type { Filter, TagSpecification } from '@aws-sdk/client-ec2'
import { fault } from '../faults.ts'
import type { AwsState } from '../state.ts'
import type { Tagged } from './state.ts'

export const missing = (code: string, what: string, id: string | undefined): Error =>
  fault(code, `The ${what} '${id}' does not exist`)

export const dependency = (what: string, id: string | undefined): Error =>
  fault('DependencyViolation', `The ${what} '${id}' has dependencies and cannot be deleted.`)

export const idOf = (state: AwsState, prefix: string): string => `${prefix}-${state.nextId().padStart(17, '0')}`

export const tagsGiven = (specifications: readonly TagSpecification[] | undefined, type: string): Map<string, string> =>
  new Map(
    (specifications ?? [])
      .filter((each) => each.ResourceType === type)
      .flatMap((each) => (each.Tags ?? []).map((tag) => [tag.Key ?? '', tag.Value ?? ''] as const)),
  )

export const tagList = (tags: ReadonlyMap<string, string>) => [...tags].map(([Key, Value]) => ({ Key, Value }))

export const of = <T>(all: ReadonlyMap<string, T>, id: string | undefined, refusal: readonly [string, string]): T => {
  const found = all.get(id ?? '')
  if (found === undefined) throw missing(refusal[0], refusal[1], id)
  return found
}

type Fields<T> = Readonly<Record<string, (value: T) => readonly (string | undefined)[]>>

interface Asked {
  readonly Filters?: Filter[] | undefined
  readonly Filter?: Filter[] | undefined
}

/** Those that every filter takes: one of the values each, `*` at its end for any. An unknown filter is refused. */
export const matching = <T, R extends Tagged<T>>(
  all: ReadonlyMap<string, R>,
  input: Asked,
  fields: Fields<T>,
): readonly R[] =>
  [...all.values()].filter((record) => (input.Filters ?? input.Filter ?? []).every((f) => takes(f, record, fields)))

const takes = <T>({ Name = '', Values = [] }: Filter, record: Tagged<T>, fields: Fields<T>): boolean => {
  if (Name === 'tag-key') return Values.some((key) => record.tags.has(key))
  if (Name.startsWith('tag:')) return Values.some((value) => like(value, record.tags.get(Name.slice(4))))
  const read = Object.getOwnPropertyDescriptor(fields, Name)?.value as Fields<T>[string] | undefined
  if (read === undefined) throw fault('InvalidParameterValue', `The filter '${Name}' is invalid`)
  const has = read(record.value)
  return Values.some((value) => has.some((each) => like(value, each)))
}

/** Ends of names only: nothing here asks for more of the service's patterns. */
const like = (pattern: string, value: string | undefined): boolean =>
  pattern.endsWith('*') ? value?.startsWith(pattern.slice(0, -1)) === true : value === pattern
