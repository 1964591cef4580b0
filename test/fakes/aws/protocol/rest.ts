// Requests and replies of restJson1 (EKS): the path says the operation, labels and query stand beside the JSON body, dates
// are seconds.
import type { NormalizedSchema } from '@smithy/core/schema'
import type { Operation } from './operations.ts'

export interface Routed {
  readonly operation: Operation
  readonly labels: Readonly<Record<string, string>>
}

/** The most literal path wins: /clusters/{name}/updates before /clusters/{name}/{other}. */
export const route = (operations: Iterable<Operation>, method: string, path: string): Routed | null => {
  const found = [...operations].flatMap((operation) => {
    const labels = operation.http?.method === method ? matchPath(operation.http.path, path) : null
    return labels === null ? [] : [{ operation, labels }]
  })
  return found.sort((a, b) => Object.keys(a.labels).length - Object.keys(b.labels).length)[0] ?? null
}

const matchPath = (template: string, path: string): Readonly<Record<string, string>> | null => {
  const wanted = (template.split('?')[0] ?? '').split('/')
  const given = path.split('/')
  if (wanted.length !== given.length) return null
  const labels: Record<string, string> = {}
  for (const [i, part] of wanted.entries()) {
    const value = given[i] ?? ''
    const label = /^\{(\w+)\+?\}$/.exec(part)?.[1]
    if (label !== undefined) labels[label] = decodeURIComponent(value)
    else if (part !== value) return null
  }
  return labels
}

export interface RestRequest {
  readonly labels: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly body: string
}

export const decodeRest = (schema: NormalizedSchema, request: RestRequest): Readonly<Record<string, unknown>> => {
  const parsed: unknown = request.body === '' ? {} : JSON.parse(request.body)
  const body: Readonly<Record<string, unknown>> = typeof parsed === 'object' && parsed !== null ? { ...parsed } : {}
  const value: Record<string, unknown> = { ...body, ...request.labels }
  for (const [name, member] of schema.structIterator()) {
    const key = member.getMergedTraits().httpQuery
    if (typeof key === 'string' && request.query.has(key)) value[name] = queryValue(member, request.query.getAll(key))
    if (name in value) value[name] = dated(member, value[name])
  }
  return value
}

const queryValue = (schema: NormalizedSchema, given: readonly string[]): unknown => {
  if (schema.isListSchema()) return given
  const [first = ''] = given
  if (schema.isBooleanSchema()) return first === 'true'
  return schema.isNumericSchema() ? Number(first) : first
}

const dated = (schema: NormalizedSchema, value: unknown): unknown =>
  schema.isTimestampSchema() && typeof value === 'number' ? new Date(value * 1000) : value

export const encodeRest = (schema: NormalizedSchema, value: unknown): string =>
  JSON.stringify(plain(schema, value) ?? {})

const plain = (schema: NormalizedSchema, value: unknown): unknown => {
  if (value === undefined || value === null) return value
  if (value instanceof Date) return value.getTime() / 1000
  if (schema.isStructSchema() && typeof value === 'object') {
    const given: Readonly<Record<string, unknown>> = { ...value }
    return Object.fromEntries([...schema.structIterator()].map(([name, member]) => [name, plain(member, given[name])]))
  }
  if (schema.isListSchema() && Array.isArray(value)) return value.map((item) => plain(schema.getValueSchema(), item))
  return value
}
