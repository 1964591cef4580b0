// The operations of an AWS service as its own client describes them: runtime schemas with names, types, required members,
// HTTP bindings. Nothing about the service is written down twice.
import { NormalizedSchema } from '@smithy/core/schema'

export interface Operation {
  readonly service: string
  readonly name: string
  /** Absent in the query protocols. */
  readonly http: { readonly method: string; readonly path: string; readonly status: number } | null
  readonly input: NormalizedSchema
  readonly output: NormalizedSchema
}

const OPERATION = 9

/** `client` is the module of the service's SDK client. */
export const operationsOf = (service: string, client: object): ReadonlyMap<string, Operation> => {
  const found = Object.values(client).filter(isOperation)
  return new Map(found.map((schema) => [schema[2], operationOf(service, schema)]))
}

type OperationSchema = readonly [9, string, string, unknown, () => object, () => object]

const isOperation = (value: unknown): value is OperationSchema => Array.isArray(value) && value[0] === OPERATION

const operationOf = (service: string, schema: OperationSchema): Operation => ({
  service,
  name: schema[2],
  http: httpOf(schema[3]),
  input: normalized(schema[4]),
  output: normalized(schema[5]),
})

const normalized = (schema: () => object): NormalizedSchema => NormalizedSchema.of(schema as never)

const httpOf = (traits: unknown): Operation['http'] => {
  if (typeof traits !== 'object' || traits === null || !('http' in traits) || !Array.isArray(traits.http)) return null
  const [method, path, status] = traits.http
  return { method: String(method), path: String(path), status: Number(status) }
}

/** Number of leading members that must be there, as the client keeps it at the end of a structure's schema. */
export const requiredMembers = (schema: NormalizedSchema): readonly string[] => {
  const raw: unknown = schema.getSchema()
  if (!Array.isArray(raw) || !Array.isArray(raw[4])) return []
  const count = typeof raw[6] === 'number' ? raw[6] : 0
  return raw[4].slice(0, count).map(String)
}
