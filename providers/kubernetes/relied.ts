// Secrets that are taken as there without a look. Secrets are never listed, so that each look is a request of its own: one
// whose name carries the hash of its content, which the app's map states, and without which the pods of a ready workload
// could not have begun, is relied on. Who deletes it by hand is noticed when the workload is not ready or is to change, and
// by `plan --drift`.
import { noteSecretGone } from './app-map.ts'
import { pathOf, SECRET } from './client/kinds.ts'
import { labelOf } from './client/metadata.ts'
import type { Cluster } from './cluster.ts'
import { isForbidden, secretGone } from './errors.ts'
import { HASH, isOurs, STAGE as STAGE_MARK } from './marks.ts'
import { commonLabels, MANAGER, SERVICE_LABEL } from './names.ts'
import { field, listAt, numberAt, type RawObject, textAt } from './raw.ts'
import { readinessOf } from './readiness.ts'
import { relationsOf } from './relations.ts'
import { STAGE } from './render/object.ts'
import { GONE, type Snapshot, secretMarks } from './view.ts'

export interface ReliedOf {
  readonly app: string
  readonly namespace: string
  readonly nowMs: number
}

/** Name → the Secret as far as it is known, in the shape of an answer without a uid. */
export const reliedSecrets = (snapshot: Snapshot, of: ReliedOf): ReadonlyMap<string, RawObject> => {
  const marks = secretMarks(snapshot.objects)
  const relatedTo = relationsOf(snapshot, of.nowMs)
  const found = new Map<string, RawObject>()
  for (const object of snapshot.objects) {
    if (!isOurs(object, of.app) || !runsItsVersion(object)) continue
    if (readinessOf(object, relatedTo(object)).state !== 'ready') continue
    for (const { name, service } of secretsNamedBy(object)) {
      const mark = marks.get(name)
      if (mark === undefined || mark === GONE || !HASHED_NAME.test(name)) continue
      found.set(name, assumedSecret({ name, mark, service }, of))
    }
  }
  return found
}

/** As names.ts ends the names of immutable objects. */
const HASHED_NAME = /-[0-9a-f]{10}$/

/** Pods of the very spec that stands there are ready; jobs are not asked: their pods may have ended long ago. */
const runsItsVersion = (workload: RawObject): boolean => {
  const ready = READY_PODS[String(workload['kind'])]
  if (ready === undefined || (numberAt(workload, ready) ?? 0) === 0) return false
  const generation = numberAt(workload, 'metadata.generation')
  return generation !== null && generation === numberAt(workload, 'status.observedGeneration')
}

const READY_PODS: Readonly<Record<string, string>> = {
  Deployment: 'status.readyReplicas',
  StatefulSet: 'status.readyReplicas',
  DaemonSet: 'status.numberReady',
}

interface NamedSecret {
  readonly name: string
  /** Secrets of an environment belong to their service, files to the app. */
  readonly service: string | null
}

/** Those that its pods cannot begin without. */
const secretsNamedBy = (workload: RawObject): readonly NamedSecret[] => {
  const pod = field(workload, 'spec.template.spec') ?? field(workload, 'spec.jobTemplate.spec.template.spec')
  const service = labelOf(workload, SERVICE_LABEL)
  const containers = [...listAt(pod, 'initContainers'), ...listAt(pod, 'containers')]
  const variables = containers.flatMap((c) => listAt(c, 'env').map((e) => field(e, 'valueFrom.secretKeyRef')))
  const volumes = listAt(pod, 'volumes')
  const files = volumes.flatMap((v) => [v['secret'], ...listAt(v, 'projected.sources').map((s) => s['secret'])])
  return [...variables.flatMap((ref) => needed(ref, service)), ...files.flatMap((ref) => needed(ref, null))]
}

const needed = (ref: unknown, service: string | null): readonly NamedSecret[] => {
  const name = textAt(ref, 'name') ?? textAt(ref, 'secretName')
  return name === null || field(ref, 'optional') === true ? [] : [{ name, service }]
}

const assumedSecret = (
  { name, mark, service }: NamedSecret & { readonly mark: string },
  { app, namespace }: ReliedOf,
): RawObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: {
    name,
    namespace,
    labels: commonLabels({ app, service }),
    annotations: { [HASH]: mark, [STAGE_MARK]: String(STAGE.passive) },
    managedFields: [{ manager: MANAGER, operation: 'Apply' }],
  },
})

interface Needing {
  readonly app: string
  readonly workload: RawObject
  /** 'Deployment web on rack', for words. */
  readonly what: string
}

/** Pods that are to come need what the last look relied on. */
export const confirmSecrets = async (
  cluster: Cluster,
  { app, workload, what }: Needing,
  signal: AbortSignal,
): Promise<void> => {
  const names = new Set(secretsNamedBy(workload).map(({ name }) => name))
  const there = await Promise.all([...names].map((name) => isThere(cluster, { app, name }, signal)))
  const gone = [...names].filter((_, i) => there[i] === false)
  if (gone.length > 0) throw secretGone(gone.join(', '), what)
}

/** True without a request for what was read or made. One that is gone is noted, so that the next look asks for it. */
export const isThere = async (
  cluster: Cluster,
  { app, name }: { readonly app: string; readonly name: string },
  signal: AbortSignal,
): Promise<boolean> => {
  const path = pathOf(SECRET, { namespace: cluster.namespace(app), name })
  if (!cluster.relied.has(path) || (await isFound(cluster, path, signal))) return true
  await noteSecretGone(cluster, { app, name }, signal)
  return false
}

/** Who may not look goes on relying on it. */
const isFound = async (cluster: Cluster, path: string, signal: AbortSignal): Promise<boolean> => {
  try {
    return (await cluster.api.find(path, signal)) !== null
  } catch (error) {
    if (isForbidden(error)) return true
    throw error
  }
}
