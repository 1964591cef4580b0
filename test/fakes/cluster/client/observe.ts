// Objects and pods of the fake cluster → what the engine reads. A kind that could be listed only in part makes the whole
// observation incomplete.
import type { Target } from '../../../../core/model/fleet.ts'
import type {
  ObservedObject,
  Phase,
  Readiness,
  Replica,
  ServiceStatus,
  TargetFacts,
  TargetState,
} from '../../../../core/model/replica.ts'
import type { StoredObject } from '../server/store.ts'
import { apiOf } from './http.ts'
import { recordsOf } from './records.ts'
import { namespaceOf } from './render.ts'

export const KINDS = ['Deployment', 'Service', 'Secret', 'PersistentVolumeClaim'] as const

interface List {
  readonly items: readonly StoredObject[]
  readonly complete: boolean
}

export const facts = (version: string | null): TargetFacts => ({
  version,
  arch: ['amd64'],
  os: ['linux'],
  driver: null,
  assumed: version === null,
  extra: {},
})

export const observe = async (target: Target, app: string, signal: AbortSignal): Promise<TargetState> => {
  const api = apiOf(target)
  const namespace = namespaceOf(target, app)
  const listOf = async (kind: string): Promise<List> =>
    (await api.get<List>(`/ns/${namespace}/${kind}`, signal)) ?? { items: [], complete: true }
  const records = recordsOf(target, app)
  const [version, pods, lists, head, secretKey] = await Promise.all([
    api.get<{ version: string; clusterUid: string }>('/version', signal),
    listOf('Pod'),
    Promise.all(KINDS.map(listOf)),
    records.head(),
    records.secretKey(false),
  ])
  const objects = lists.flatMap((l) => l.items)
  const partial = [pods, ...lists].some((l) => !l.complete)
  return {
    identity: `${version?.clusterUid ?? ''}/${String(target.settings['namespace'] ?? target.name)}`,
    reachable: true,
    complete: !partial,
    because: partial ? 'the server answered with a part of its objects' : null,
    observedAt: new Date().toISOString(),
    facts: facts(version?.version ?? null),
    objects: objects.map((o) => observedObject(o, app)),
    replicas: pods.items.map((p) => replicaOf(p, target)),
    services: servicesOf(objects, pods.items),
    head,
    secretKey,
    diagnostics: [],
  }
}

export const observedObject = (o: StoredObject, app: string): ObservedObject => {
  const applied = o.annotations['last-applied']
  const body: unknown = applied === undefined ? undefined : JSON.parse(applied)
  return {
    id: `${o.kind}/${o.namespace}/${o.name}`,
    uid: o.uid,
    kind: o.kind,
    name: o.name,
    scope: 'app',
    guard: o.kind === 'PersistentVolumeClaim' ? 'data' : 'none',
    stage: o.kind === 'Deployment' || o.kind === 'Service' ? 2 : 1,
    owner: o.labels['managed-by'] === 'stormport' && o.labels['app'] === app ? 'ours' : 'foreign',
    drift: driftOf(o, body),
    readiness: readinessOf(o),
    ...(o.labels['service'] === undefined ? {} : { service: o.labels['service'] }),
    ...(o.annotations['hash'] === undefined ? {} : { hash: o.annotations['hash'] }),
    ...(o.annotations['release'] === undefined ? {} : { release: Number(o.annotations['release']) }),
    ...(body === undefined ? {} : { body }),
  }
}

/** Fields of ours that somebody else set to another value. Defaults of the server are no drift: we never wrote them. */
const driftOf = (o: StoredObject, body: unknown): ObservedObject['drift'] => {
  if (typeof body !== 'object' || body === null) return []
  return Object.entries(body)
    .filter(([path]) => (o.managers[path] ?? 'stormport') !== 'stormport')
    .map(([path, want]) => ({ path, want, live: o.spec[path] ?? null, manager: o.managers[path] ?? 'unknown' }))
}

const readinessOf = (o: StoredObject): Readiness => {
  if (o.kind !== 'Deployment') return { state: 'ready', retriable: true }
  const wanted = Number(o.spec['replicas'] ?? 0)
  const { ready = 0, updated = 0, replicas = -1 } = o.status as { ready?: number; updated?: number; replicas?: number }
  if (o.status['observed'] === true && ready === wanted && updated === wanted && replicas === wanted)
    return { state: 'ready', retriable: true }
  if (o.status['observed'] === true && Number(o.status['crashed'] ?? 0) > 0)
    return {
      state: 'failed',
      reason: 'CrashLoop',
      message: 'a new pod exited three times',
      retriable: false,
      lastLogs: ['boom'],
    }
  return { state: 'progressing', reason: 'RollingOut', message: `${ready} of ${wanted} pods ready`, retriable: true }
}

const PHASES: Readonly<Record<string, Phase>> = {
  Pending: 'pending',
  Pulling: 'pulling',
  Starting: 'starting',
  Running: 'running',
  Ready: 'ready',
  Terminating: 'stopping',
  CrashLoop: 'failed',
}

export const replicaOf = (pod: StoredObject, target: Target): Replica => ({
  id: pod.name,
  service: pod.labels['service'] ?? '',
  slot: null,
  target: target.name,
  pool: null,
  node: textOr(pod.spec['node'], null),
  phase: PHASES[String(pod.status['phase'])] ?? 'unknown',
  ready: pod.status['ready'] === true,
  restarts: Number(pod.status['restarts'] ?? 0),
  release: pod.annotations['release'] === undefined ? null : Number(pod.annotations['release']),
  image: textOr(pod.spec['image'], null),
  address: null,
  startedAt: textOr(pod.status['startedAt'], null),
  reason: null,
  lastExit: null,
  native: { kind: 'Pod', name: pod.name, namespace: pod.namespace },
  note: null,
})

const textOr = (value: unknown, otherwise: string | null): string | null =>
  typeof value === 'string' ? value : otherwise

export const servicesOf = (objects: readonly StoredObject[], pods: readonly StoredObject[]): readonly ServiceStatus[] =>
  objects.filter((o) => o.kind === 'Deployment' && o.labels['managed-by'] === 'stormport').map((o) => statusOf(o, pods))

export const statusOf = (deployment: StoredObject, pods: readonly StoredObject[]): ServiceStatus => ({
  service: deployment.labels['service'] ?? deployment.name,
  desired: Number(deployment.spec['replicas'] ?? 0),
  ready: pods.filter((p) => p.labels['owner'] === deployment.uid && p.status['ready'] === true).length,
  release: deployment.annotations['release'] === undefined ? null : Number(deployment.annotations['release']),
  endpoints: [],
})
