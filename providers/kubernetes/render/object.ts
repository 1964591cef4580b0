// One native object from its parts: labels, id, hash. Bodies are plain JSON of the Kubernetes API.
import { contentHash } from '../../../core/model/canonical.ts'
import type { NativeObject } from '../../../core/model/native-object.ts'
import { APPLYSET_LABEL, commonLabels, FLEET_LABEL, labelValue, objectId } from '../names.ts'
import type { RenderContext } from './context.ts'

export type Json = Readonly<Record<string, unknown>>

/** Passive things first, then workloads by depth of dependency, then what needs them to be there. */
export const STAGE = { namespace: 0, passive: 1, workload: 2, front: 1000 } as const

export interface ObjectParts {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly service?: string
  readonly stage: number
  readonly after?: readonly string[]
  readonly awaits?: readonly string[]
  readonly guard?: NativeObject['guard']
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  /** spec, data, …: everything beside apiVersion, kind and metadata. */
  readonly fields?: Json
  /** What stands for the body in the hash, where a change of the body is no change of the object. */
  readonly hashed?: unknown
}

export const nativeObject = (context: RenderContext, parts: ObjectParts): NativeObject => {
  const { apiVersion, kind, name } = parts
  const namespace = kind === 'Namespace' ? null : context.namespace
  const body = {
    apiVersion,
    kind,
    metadata: defined({
      name,
      namespace: namespace ?? undefined,
      labels: { ...objectLabels(context, parts.service ?? null), ...parts.labels },
      annotations: parts.annotations === undefined ? undefined : orNothing(parts.annotations),
    }),
    ...parts.fields,
  }
  return {
    id: objectId({ apiVersion, kind, namespace, name }),
    kind,
    name,
    ...(parts.service === undefined ? {} : { service: parts.service }),
    scope: 'app',
    stage: parts.stage,
    after: parts.after ?? [],
    ...(parts.awaits === undefined || parts.awaits.length === 0 ? {} : { awaits: parts.awaits }),
    hash: contentHash(parts.hashed ?? body),
    body,
    guard: parts.guard ?? 'none',
  }
}

const objectLabels = (context: RenderContext, service: string | null): Readonly<Record<string, string>> => {
  const { app, fleet } = context.spec
  return {
    ...commonLabels({ app: app.name, service }),
    ...(fleet.name === null ? {} : { [FLEET_LABEL]: labelValue(fleet.name) }),
    [APPLYSET_LABEL]: context.applySet,
  }
}

/** Without the keys that hold undefined: a body says only what it means to own. */
export const defined = (fields: Readonly<Record<string, unknown>>): Json => {
  const kept: Record<string, unknown> = {}
  for (const key of Object.keys(fields)) if (fields[key] !== undefined) kept[key] = fields[key]
  return kept
}

/** undefined for an empty list or mapping. */
export const orNothing = <T extends object>(value: T): T | undefined =>
  (Array.isArray(value) ? value.length : Object.keys(value).length) === 0 ? undefined : value

export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

export const sorted = <T>(values: Iterable<T>, key: (value: T) => string): readonly T[] =>
  [...values].sort((a, b) => byText(key(a), key(b)))
