// The controllers of the fake: Deployments own ReplicaSets, which own pods that come up step by step; what has lost its
// owner goes, and a namespace takes everything in it along. Modelled on kube-controller-manager 1.36 and kwok.
import { createHash, randomBytes } from 'node:crypto'
import { canonicalJson } from '../../../core/model/canonical.ts'
import { asObject, field, listAt, numberAt, type RawObject, textAt } from '../../../providers/kubernetes/raw.ts'
import { labelsOf, type Place, type Store, uidIn } from './store.ts'

export interface PodLog {
  readonly at: string
  readonly pod: string
  readonly text: string
}

export interface Controllers {
  step(): void
  readonly logs: readonly PodLog[]
  /** A line of the pod's log. */
  say(pod: string, text: string): void
  onLog(listen: (line: PodLog) => void): () => void
}

export const createControllers = (store: Store): Controllers => {
  const logs: PodLog[] = []
  const listeners = new Set<(line: PodLog) => void>()
  const say = (pod: string, text: string): void => {
    const line = { at: new Date().toISOString(), pod, text }
    logs.push(line)
    for (const listen of [...listeners]) listen(line)
  }
  return {
    logs,
    say,
    onLog: (listen) => {
      listeners.add(listen)
      return () => listeners.delete(listen)
    },
    step: () => {
      endNamespaces(store)
      for (const object of store.list('apps', 'deployments', '')) deploy(store, object)
      for (const object of store.list('apps', 'replicasets', '')) fill(store, object)
      for (const pod of store.list('', 'pods', '')) advance(store, pod, say)
      collect(store)
    },
  }
}

const at = (object: RawObject, group: string, plural: string): Place => ({
  group,
  plural,
  namespace: textAt(object, 'metadata.namespace') ?? '',
  name: textAt(object, 'metadata.name') ?? '',
})

const endNamespaces = (store: Store): void => {
  for (const object of store.list('', 'namespaces', '')) {
    if (textAt(object, 'metadata.deletionTimestamp') === null) continue
    const name = textAt(object, 'metadata.name') ?? ''
    const inside = store.places().filter((p) => p.namespace === name)
    for (const place of inside) store.remove(place)
    if (inside.length === 0) store.remove(at(object, '', 'namespaces'))
  }
}

interface Child {
  readonly place: Place
  readonly owner: RawObject
  readonly kind: string
  readonly object: RawObject
}

const own = (store: Store, { place, owner, kind, object }: Child): void => {
  const reference = { kind, name: textAt(owner, 'metadata.name'), uid: uidIn(owner), controller: true }
  const metadata = {
    ...asObject(object['metadata']),
    name: place.name,
    namespace: place.namespace,
    ownerReferences: [reference],
  }
  store.put(place, { object: { ...object, metadata }, managers: [] })
}

const childrenOf = (store: Store, owner: RawObject, [group, plural]: readonly [string, string]): readonly RawObject[] =>
  store
    .list(group, plural, textAt(owner, 'metadata.namespace') ?? '')
    .filter((o) => listAt(o, 'metadata.ownerReferences').some((r) => r['uid'] === uidIn(owner)))

const isReady = (pod: RawObject): boolean =>
  listAt(pod, 'status.conditions').some((c) => c['type'] === 'Ready' && c['status'] === 'True')

const SETS = ['apps', 'replicasets'] as const
const PODS = ['', 'pods'] as const

const deploy = (store: Store, deployment: RawObject): void => {
  const template = asObject(field(deployment, 'spec.template'))
  const hash = createHash('sha256').update(canonicalJson(template)).digest('hex').slice(0, 8)
  const wanted = numberAt(deployment, 'spec.replicas') ?? 1
  const sets = childrenOf(store, deployment, SETS)
  const fresh = sets.find((s) => labelsOf(s)['pod-template-hash'] === hash)
  if (fresh === undefined) {
    const labels = { ...asObject(field(template, 'metadata.labels')), 'pod-template-hash': hash }
    const place = { ...at(deployment, 'apps', 'replicasets'), name: `${textAt(deployment, 'metadata.name')}-${hash}` }
    const annotations = field(deployment, 'metadata.annotations')
    const marked = { ...template, metadata: { ...asObject(template['metadata']), labels } }
    const object = { metadata: { labels, annotations }, spec: { replicas: wanted, template: marked } }
    own(store, { place, owner: deployment, kind: 'Deployment', object })
    return
  }
  resize(store, fresh, wanted)
  const ready = childrenOf(store, fresh, PODS).filter(isReady).length
  if (ready >= wanted) for (const old of sets.filter((s) => s !== fresh)) resize(store, old, 0)
  const pods = sets.flatMap((set) => childrenOf(store, set, PODS))
  store.setStatus(at(deployment, 'apps', 'deployments'), deploymentStatus(deployment, { pods, fresh, ready, store }))
}

const deploymentStatus = (
  deployment: RawObject,
  seen: {
    readonly pods: readonly RawObject[]
    readonly fresh: RawObject
    readonly ready: number
    readonly store: Store
  },
): RawObject => {
  const available = seen.pods.filter(isReady).length
  const done = seen.ready >= (numberAt(deployment, 'spec.replicas') ?? 1)
  return {
    observedGeneration: numberAt(deployment, 'metadata.generation'),
    replicas: seen.pods.length,
    updatedReplicas: childrenOf(seen.store, seen.fresh, PODS).length,
    readyReplicas: available,
    availableReplicas: available,
    conditions: [
      { type: 'Available', status: done ? 'True' : 'False', reason: 'MinimumReplicasAvailable' },
      { type: 'Progressing', status: 'True', reason: done ? 'NewReplicaSetAvailable' : 'ReplicaSetUpdated' },
    ],
  }
}

const resize = (store: Store, set: RawObject, replicas: number): void => {
  const place = at(set, 'apps', 'replicasets')
  const kept = store.get(place)
  if (kept === null || numberAt(set, 'spec.replicas') === replicas) return
  store.put(place, { ...kept, object: { ...kept.object, spec: { ...asObject(kept.object['spec']), replicas } } })
}

const fill = (store: Store, set: RawObject): void => {
  const wanted = numberAt(set, 'spec.replicas') ?? 0
  const pods = childrenOf(store, set, PODS)
  for (let n = pods.length; n < wanted; n += 1) {
    const place = { ...at(set, '', 'pods'), name: `${textAt(set, 'metadata.name')}-${randomBytes(3).toString('hex')}` }
    const template = asObject(field(set, 'spec.template'))
    const object = { ...template, status: { phase: 'Pending' } }
    own(store, { place, owner: set, kind: 'ReplicaSet', object })
  }
  const surplus = [...pods]
    .sort((a, b) => Number(isReady(a)) - Number(isReady(b)))
    .slice(0, Math.max(0, pods.length - wanted))
  for (const pod of surplus) store.remove(at(pod, '', 'pods'))
}

const advance = (store: Store, pod: RawObject, say: (pod: string, text: string) => void): void => {
  const place = at(pod, '', 'pods')
  if (textAt(pod, 'status.phase') === 'Running') return
  const kept = store.get(place)
  if (kept === null) return
  if (textAt(pod, 'spec.nodeName') === null) {
    store.put(place, {
      ...kept,
      object: { ...kept.object, spec: { ...asObject(kept.object['spec']), nodeName: 'fake-1' } },
    })
    tell(store, pod, { reason: 'Scheduled', message: `Successfully assigned ${place.name} to fake-1` })
    return
  }
  const container = listAt(pod, 'spec.containers')[0]
  const now = new Date().toISOString()
  store.setStatus(place, {
    phase: 'Running',
    podIP: '10.0.0.1',
    startTime: now,
    conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: now }],
    containerStatuses: [
      {
        name: textAt(container, 'name'),
        ready: true,
        started: true,
        restartCount: 0,
        state: { running: { startedAt: now } },
      },
    ],
  })
  const words = listAt(container, 'env').find((e) => e['name'] === 'SAY')
  say(place.name, textAt(words, 'value') ?? '')
}

/** As the scheduler's recorder writes it: a time with fractions, no count. */
const tell = (store: Store, about: RawObject, said: { readonly reason: string; readonly message: string }): void => {
  const name = `${textAt(about, 'metadata.name')}.${randomBytes(4).toString('hex')}`
  const place = { ...at(about, '', 'events'), name }
  const object = {
    metadata: { name, namespace: place.namespace },
    involvedObject: { kind: 'Pod', name: textAt(about, 'metadata.name'), uid: uidIn(about) },
    type: 'Normal',
    eventTime: new Date().toISOString(),
    ...said,
  }
  store.put(place, { object, managers: [] })
}

/** What names an owner that is gone goes too. */
const collect = (store: Store): void => {
  const living = new Set(store.places().flatMap((p) => uidIn(asObject(store.get(p)?.object)) || []))
  for (const place of store.places()) {
    const owners = listAt(store.get(place)?.object, 'metadata.ownerReferences')
    if (owners.length > 0 && !owners.some((o) => living.has(textAt(o, 'uid') ?? ''))) store.remove(place)
  }
}
