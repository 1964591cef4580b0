// JSON schemas of a Kubernetes release, from the OpenAPI document of its own API server: strict, so that a field which the
// API does not know is a fault, and cached by release.
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Minor, type Plane, releaseOf, startPlane } from '../clusters/index.ts'
import { schemaFolder } from './paths.ts'

type Schema = Readonly<Record<string, unknown>>
type Definitions = Readonly<Record<string, Schema>>

const ALL = 'definitions.json'

/** Folder with one file a kind, named as kubeconform asks for them, and all definitions in one. */
export const schemasOf = async (plane: Plane): Promise<string> => {
  const folder = schemaFolder(plane.version)
  if (existsSync(join(folder, ALL))) return folder
  const document = await plane.api.request<{ readonly definitions: Definitions }>('GET', '/openapi/v2')
  const part = `${folder}.${process.pid}`
  mkdirSync(part, { recursive: true })
  const definitions = strictDefinitions(document.definitions)
  for (const { file, schema } of kindsOf(definitions)) writeFileSync(join(part, file), JSON.stringify(schema))
  writeFileSync(join(part, ALL), JSON.stringify({ definitions: forMonokle(definitions) }))
  renameSync(part, folder)
  return folder
}

/** The same without a plane at hand: one is started only where nothing is cached. */
export const cachedSchemas = async (minor: Minor): Promise<string> => {
  const folder = schemaFolder(releaseOf(minor))
  if (existsSync(join(folder, ALL))) return folder
  const plane = await startPlane({ name: 'schemas', minor })
  try {
    return await schemasOf(plane)
  } finally {
    await plane.stop()
  }
}

export const strictDefinitions = (definitions: Definitions): Definitions =>
  Object.fromEntries(
    Object.entries(definitions).map(([name, schema]) => [name, LOOSE[name] ?? (strict(schema) as Schema)]),
  )

/** What OpenAPI v2 cannot say: written as text or as a number. */
const NUMBER_OR_TEXT: Schema = { oneOf: [{ type: 'string' }, { type: 'number' }] }
const LOOSE: Definitions = {
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': NUMBER_OR_TEXT,
  'io.k8s.apimachinery.pkg.api.resource.Quantity': NUMBER_OR_TEXT,
}

/** An object with named properties has no others. */
const strict = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(strict)
  if (typeof value !== 'object' || value === null) return value
  const copy = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, strict(inner)]))
  const named = typeof copy['properties'] === 'object' && copy['type'] === 'object'
  return named ? { additionalProperties: false, ...copy } : copy
}

interface KindOf {
  readonly group: string
  readonly version: string
  readonly kind: string
}

const KINDS = 'x-kubernetes-group-version-kind'

/** kubeconform: deployment-apps-v1.json, service-v1.json, ingress-networking-v1.json. */
const kindsOf = (definitions: Definitions): readonly { readonly file: string; readonly schema: Schema }[] =>
  Object.entries(definitions).flatMap(([name, schema]) => {
    const kinds = schema[KINDS] as readonly KindOf[] | undefined
    if (kinds?.length !== 1 || kinds[0] === undefined) return []
    const { group, version, kind } = kinds[0]
    const suffix = group === '' ? version : `${group.split('.')[0]}-${version}`
    return [
      { file: `${kind}-${suffix}.json`.toLowerCase(), schema: { ...schema, definitions: reached(name, definitions) } },
    ]
  })

const reached = (name: string, definitions: Definitions): Definitions => {
  const found = new Map<string, Schema>()
  const visit = (at: string): void => {
    const schema = definitions[at]
    if (schema === undefined || found.has(at)) return
    found.set(at, schema)
    for (const [, next] of JSON.stringify(schema).matchAll(/"#\/definitions\/([^"]+)"/g)) visit(next ?? '')
  }
  visit(name)
  return Object.fromEntries(found)
}

/** That judge looks every autoscaler up under v1, whatever its apiVersion says. */
const forMonokle = (definitions: Definitions): Definitions => {
  const prefix = 'io.k8s.api.autoscaling'
  const current = definitions[`${prefix}.v2.HorizontalPodAutoscaler`]
  return current === undefined ? definitions : { ...definitions, [`${prefix}.v1.HorizontalPodAutoscaler`]: current }
}
