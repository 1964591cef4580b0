// Server-side apply of the fake: fields have managers, a field that another manager set is a conflict unless forced, and the
// server fills in defaults that nobody asked for. Modelled on Kubernetes; checked against a real run: none so far.
import type { ObjectStore, StoredObject } from './store.ts'

export interface ApplyRequest {
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly manager: string
  readonly force: boolean
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly spec: Readonly<Record<string, unknown>>
}

export type ApplyAnswer =
  | { readonly status: 200 | 201; readonly changed: boolean; readonly object: StoredObject }
  | { readonly status: 409; readonly conflicts: readonly string[]; readonly manager: string }

const DEFAULTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  Deployment: { strategy: 'RollingUpdate', revisionHistoryLimit: 10, progressDeadlineSeconds: 600 },
  Service: { type: 'ClusterIP', sessionAffinity: 'None', clusterIP: '10.96.0.10' },
  PersistentVolumeClaim: { volumeMode: 'Filesystem' },
}

export const applyObject = (store: ObjectStore, request: ApplyRequest): ApplyAnswer => {
  const old = store.get(request.kind, request.namespace, request.name)
  if (old === undefined) return { status: 201, changed: true, object: write(store, request, undefined) }
  const applied = Object.values(old.managers).includes(request.manager)
  const rivals = Object.entries(old.managers).filter(
    ([path, m]) => m !== request.manager && (!applied || differs(old, request, path)),
  )
  if (rivals.length > 0 && !request.force)
    return { status: 409, conflicts: rivals.map(([path]) => path), manager: rivals[0]?.[1] ?? '' }
  if (rivals.length === 0 && same(old, request)) return { status: 200, changed: false, object: old }
  return { status: 200, changed: true, object: write(store, request, old) }
}

const differs = (old: StoredObject, request: ApplyRequest, path: string): boolean =>
  path in request.spec && JSON.stringify(old.spec[path]) !== JSON.stringify(request.spec[path])

const same = (old: StoredObject, request: ApplyRequest): boolean =>
  Object.entries(request.spec).every(([k, v]) => JSON.stringify(old.spec[k]) === JSON.stringify(v)) &&
  Object.entries(request.annotations).every(([k, v]) => old.annotations[k] === v) &&
  Object.entries(old.managers).every(([path, m]) => m !== request.manager || path in request.spec)

/** Fields that the manager no longer applies go; what others set stays. */
const write = (store: ObjectStore, request: ApplyRequest, old: StoredObject | undefined): StoredObject => {
  const kept = Object.entries(old?.managers ?? {}).filter(
    ([path, m]) => m !== request.manager && !(path in request.spec),
  )
  const mine = Object.keys(request.spec).map((path) => [path, request.manager] as const)
  const keptSpec = Object.fromEntries(kept.map(([path]) => [path, old?.spec[path]]))
  const stored = store.put(
    {
      kind: request.kind,
      namespace: request.namespace,
      name: request.name,
      labels: { ...old?.labels, ...request.labels },
      annotations: { ...old?.annotations, ...request.annotations },
      spec: { ...DEFAULTS[request.kind], ...keptSpec, ...request.spec },
      managers: Object.fromEntries([...kept, ...mine]),
      // As observedGeneration in Kubernetes: a status that the controller has not renewed says nothing about this spec.
      status: { ...old?.status, observed: false },
    },
    null,
  )
  if (stored === undefined) throw new Error('an unconditional put cannot lose a race')
  return stored
}
