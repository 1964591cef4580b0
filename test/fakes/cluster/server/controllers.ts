// The controllers of the fake: deployments own pods and bring them up step by step, new ones before old ones go; an image
// with `crash` in its name never gets ready, one with `unplaceable` finds no node. They run a
// little later than the request that caused them. Modelled on kube-controller-manager; checked against a real run: none so far.
import { createHash, randomBytes } from 'node:crypto'
import type { ObjectStore, StoredObject } from './store.ts'

const POD_PHASES: readonly unknown[] = ['Pending', 'Pulling', 'Starting', 'Running', 'Ready']

export interface PodLog {
  readonly at: string
  readonly pod: string
  readonly namespace: string
  readonly text: string
}

export interface Controllers {
  /** One round over everything; true when something moved. */
  step(): boolean
  readonly logs: readonly PodLog[]
  onLog(listen: (line: PodLog) => void): () => void
}

export const createControllers = (store: ObjectStore): Controllers => {
  const logs: PodLog[] = []
  const listeners = new Set<(line: PodLog) => void>()
  const say = (pod: StoredObject, text: string): void => {
    const line = { at: new Date().toISOString(), pod: pod.name, namespace: pod.namespace, text }
    logs.push(line)
    for (const listen of [...listeners]) listen(line)
  }
  return {
    logs,
    onLog: (listen) => {
      listeners.add(listen)
      return () => listeners.delete(listen)
    },
    step: () => {
      const before = changes(store)
      for (const pod of store.list('Pod', null)) advance(store, pod, say)
      for (const deployment of store.list('Deployment', null)) reconcile(store, deployment)
      for (const pod of store.list('Pod', null)) collect(store, pod)
      return changes(store) !== before
    },
  }
}

const changes = (store: ObjectStore): string =>
  [...store.list('Pod', null), ...store.list('Deployment', null)].map((o) => `${o.uid}:${o.resourceVersion}`).join()

const advance = (store: ObjectStore, pod: StoredObject, say: (pod: StoredObject, text: string) => void): void => {
  if (pod.status['phase'] === 'Terminating') {
    store.delete('Pod', pod.namespace, pod.name)
    return
  }
  if (pod.status['phase'] === 'CrashLoop') return
  if (pod.status['phase'] === 'Running' && String(pod.spec['image']).includes('crash')) {
    tell(store, pod, 'CrashLoop')
    store.setStatus(pod, { ...pod.status, phase: 'CrashLoop', ready: false, restarts: 3 })
    return
  }
  if (pod.status['phase'] === 'Pending' && String(pod.spec['image']).includes('unplaceable')) {
    if (pod.status['refused'] === true) return
    tell(store, pod, 'FailedScheduling')
    store.setStatus(pod, { ...pod.status, refused: true })
    return
  }
  const at = POD_PHASES.indexOf(pod.status['phase'])
  const phase = POD_PHASES[Math.min(at + 1, POD_PHASES.length - 1)]
  if (phase === pod.status['phase']) return
  tell(store, pod, String(phase))
  if (phase === 'Running') say(pod, environmentOf(store, pod)['SAY'] ?? '')
  store.setStatus(pod, {
    ...pod.status,
    phase,
    ready: phase === 'Ready',
    startedAt: pod.status['startedAt'] ?? new Date().toISOString(),
  })
}

const tell = (store: ObjectStore, pod: StoredObject, reason: string): void => {
  const { namespace, name, labels } = pod
  const spec = { at: new Date().toISOString(), pod: name, reason, message: `the pod is now ${reason}` }
  const event = { kind: 'Event', namespace, name: `${name}.${randomBytes(4).toString('hex')}`, annotations: {}, spec }
  store.put({ ...event, labels: { service: labels['service'] ?? '' }, managers: {} }, 0)
}

/** Values of the environment as the container sees them: literals, and references into Secrets. */
export const environmentOf = (store: ObjectStore, pod: StoredObject): Readonly<Record<string, string>> => {
  const env = pod.spec['env']
  if (typeof env !== 'object' || env === null) return {}
  const data = store.get('Secret', pod.namespace, String(pod.spec['envSecret'] ?? ''))?.spec['data']
  return Object.fromEntries(
    Object.entries(env).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : String(fieldOf(data, key) ?? ''),
    ]),
  )
}

const fieldOf = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined

const templateHash = (deployment: StoredObject): string =>
  createHash('sha256')
    .update(JSON.stringify({ ...deployment.spec, replicas: 0 }))
    .digest('hex')
    .slice(0, 10)

const reconcile = (store: ObjectStore, deployment: StoredObject): void => {
  const wanted = Number(deployment.spec['replicas'] ?? 1)
  const template = templateHash(deployment)
  const pods = store
    .list('Pod', deployment.namespace)
    .filter((p) => p.labels['owner'] === deployment.uid && p.status['phase'] !== 'Terminating')
  const fresh = pods.filter((p) => p.labels['template'] === template)
  for (let n = fresh.length; n < wanted; n += 1) createPod(store, deployment, template)
  for (const pod of leastReady(fresh).slice(0, Math.max(0, fresh.length - wanted))) terminate(store, pod)
  const ready = fresh.filter((p) => p.status['ready'] === true).length
  if (ready >= wanted) for (const pod of pods.filter((p) => p.labels['template'] !== template)) terminate(store, pod)
  store.setStatus(deployment, {
    observed: true,
    replicas: pods.length,
    updated: fresh.length,
    crashed: fresh.filter((p) => p.status['phase'] === 'CrashLoop').length,
    ready: pods.filter((p) => p.status['ready'] === true).length,
  })
}

const leastReady = (pods: readonly StoredObject[]): readonly StoredObject[] =>
  [...pods].sort(
    (a, b) =>
      Number(a.status['ready'] === true) - Number(b.status['ready'] === true) || b.resourceVersion - a.resourceVersion,
  )

const createPod = (store: ObjectStore, deployment: StoredObject, template: string): void => {
  store.put(
    {
      kind: 'Pod',
      namespace: deployment.namespace,
      name: `${deployment.name}-${template.slice(0, 6)}-${randomBytes(3).toString('hex')}`,
      labels: { ...deployment.labels, owner: deployment.uid, template },
      annotations: deployment.annotations,
      spec: { ...deployment.spec, node: 'fake-1' },
      managers: { spec: 'controller' },
      status: { phase: 'Pending', ready: false, restarts: 0 },
    },
    0,
  )
}

const terminate = (store: ObjectStore, pod: StoredObject): void =>
  store.setStatus(pod, { ...pod.status, phase: 'Terminating', ready: false })

/** A pod whose deployment is gone goes too. */
const collect = (store: ObjectStore, pod: StoredObject): void => {
  const owned = store.list('Deployment', pod.namespace).some((d) => d.uid === pod.labels['owner'])
  if (!owned && pod.status['phase'] !== 'Terminating') terminate(store, pod)
}
