// Fields that the API server lets nobody change, known before anything is sent. Data is never replaced: claims, volumes,
// namespaces and definitions keep their object, and the server's own refusal is shown.
import { canonicalJson } from '../../core/model/canonical.ts'
import type { Because, NativeObject } from '../../core/model/native-object.ts'
import type { ObservedObject } from '../../core/model/replica.ts'

/** Kind → paths that cannot change; for a StatefulSet the other way round: what below `spec` can. */
const FIXED: Readonly<Record<string, readonly string[]>> = {
  Deployment: ['spec.selector'],
  DaemonSet: ['spec.selector'],
  Job: ['spec.template', 'spec.selector', 'spec.completionMode', 'spec.completions'],
  Service: ['spec.clusterIP'],
  ConfigMap: ['data', 'binaryData', 'immutable'],
  Secret: ['stringData', 'data', 'type', 'immutable'],
  RoleBinding: ['roleRef'],
  ClusterRoleBinding: ['roleRef'],
  StorageClass: ['provisioner', 'parameters', 'reclaimPolicy', 'volumeBindingMode'],
  ResourceClaimTemplate: ['spec'],
}

const CHANGEABLE_OF_STATEFUL_SET: ReadonlySet<string> = new Set([
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
])

export const replaces = (live: ObservedObject, want: NativeObject): Because | undefined => {
  if (live.kind !== want.kind || live.guard !== 'none' || live.body === undefined) return undefined
  const changed = fixedPaths(live, want).find(
    (path) =>
      isFixed(want.kind, path, live.body) && canonicalJson(at(live.body, path)) !== canonicalJson(at(want.body, path)),
  )
  if (changed === undefined) return undefined
  return { because: `${changed} of a ${want.kind} cannot be changed in place` }
}

const fixedPaths = (live: ObservedObject, want: NativeObject): readonly string[] => {
  if (want.kind !== 'StatefulSet') return FIXED[want.kind] ?? []
  const keys = new Set([...keysOf(at(live.body, 'spec')), ...keysOf(at(want.body, 'spec'))])
  return [...keys].filter((key) => !CHANGEABLE_OF_STATEFUL_SET.has(key)).map((key) => `spec.${key}`)
}

/** Content is fixed only in objects that say so. */
const isFixed = (kind: string, path: string, live: unknown): boolean => {
  if (kind === 'ConfigMap') return at(live, 'immutable') === true
  return kind !== 'Secret' || path === 'type' || at(live, 'immutable') === true
}

const keysOf = (value: unknown): readonly string[] =>
  typeof value === 'object' && value !== null ? Object.keys(value) : []

const at = (body: unknown, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>((v, key) => (typeof v === 'object' && v !== null ? Reflect.get(v, key) : undefined), body)
