// The count of replicas changes its owner when an autoscaler comes or goes. Leaving the field out while we alone own it
// would reset it to one, so it is first shared with a second manager; and it is taken back at the count that runs, before
// the autoscaler ends, so that the file's count is reached by one step of ours and never fought over.
import { APPLY_PATCH } from './app-map.ts'
import { kindOf, pathOf } from './client/kinds.ts'
import { annotationOf, nameIn, uidOf } from './client/metadata.ts'
import type { Cluster } from './cluster.ts'
import { type FieldConflict, refusalError } from './errors.ts'
import { ownsField } from './managed-fields.ts'
import { appliedBody, HASH, isOurs } from './marks.ts'
import { MANAGER } from './names.ts'
import { asObject, field, numberAt, type RawObject, textAt } from './raw.ts'

const KEEPER = `${MANAGER}-handover`
/** Ends the hash of an object on its way back, so that a command that was killed there is gone on with. */
const RETURNING = '-returning'

export interface HandOver {
  readonly path: string
  readonly live: RawObject
  /** What will be applied. */
  readonly body: unknown
}

export const handOverReplicas = async (
  cluster: Cluster,
  { path, live, body }: HandOver,
  { signal }: { readonly signal: AbortSignal },
): Promise<void> => {
  const replicas = numberAt(live, 'spec.replicas')
  if (replicas === null || field(body, 'spec.replicas') !== undefined || !ownsField(live, ['spec', 'replicas'])) return
  const kept = {
    apiVersion: textAt(body, 'apiVersion'),
    kind: textAt(body, 'kind'),
    metadata: { name: nameIn(live) },
    spec: { replicas },
  }
  const query = { fieldManager: KEEPER, force: 'true' }
  await cluster.api.send({ method: 'PATCH', path, query, body: kept, contentType: APPLY_PATCH }, signal)
}

/** True when the count comes back to us: what we applied last left it to an autoscaler, and what comes now writes it. */
export const takesReplicasBack = (live: RawObject, body: unknown): boolean => {
  if (numberAt(body, 'spec.replicas') === null || numberAt(live, 'spec.replicas') === null) return false
  const before = appliedBody(live)
  const left = before !== undefined && field(before, 'spec') !== undefined && numberAt(before, 'spec.replicas') === null
  return left || (annotationOf(live, HASH) ?? '').endsWith(RETURNING)
}

/** The same object at the count that runs now. */
export const atCurrentCount = <T extends { readonly hash: string; readonly body: unknown }>(
  object: T,
  live: RawObject,
): T => {
  const body = asObject(object.body)
  const spec = { ...asObject(body['spec']), replicas: numberAt(live, 'spec.replicas') }
  return { ...object, hash: `${object.hash}${RETURNING}`, body: { ...body, spec } }
}

const AUTOSCALER = kindOf('autoscaling/v2', 'HorizontalPodAutoscaler')

/** Ours alone, and only what scales this object; the plan removes it too, and then finds nothing. */
export const removeAutoscalers = async (
  cluster: Cluster,
  { live, app }: { readonly live: RawObject; readonly app: string },
  signal: AbortSignal,
): Promise<void> => {
  if (AUTOSCALER === undefined) return
  const namespace = cluster.namespace(app)
  const { items } = await cluster.api.list(pathOf(AUTOSCALER, { namespace }), {}, signal)
  const own = items.filter((one) => isOurs(one, app) && scales(one, live))
  for (const one of own) {
    const request = {
      method: 'DELETE',
      path: pathOf(AUTOSCALER, { namespace, name: nameIn(one) }),
      body: { preconditions: { uid: uidOf(one) } },
    } as const
    const gone = await cluster.api.ask(request, signal)
    if (!gone.ok && ![404, 409].includes(gone.refusal.status)) throw refusalError(gone.refusal)
  }
}

const scales = (autoscaler: RawObject, live: RawObject): boolean =>
  textAt(autoscaler, 'spec.scaleTargetRef.kind') === live['kind'] &&
  textAt(autoscaler, 'spec.scaleTargetRef.name') === nameIn(live)

/** The autoscaler writes through the scale subresource in the name of the controller manager. */
const SCALERS: ReadonlySet<string> = new Set([KEEPER, 'kube-controller-manager'])

/**
 * A count that is handed back, or that we own as well and that is therefore still the one that we wrote, is nobody's loss.
 * What an autoscaler of somebody else has set is.
 */
export const isOwnCount = (
  { manager, field: name }: FieldConflict,
  { live, body }: { readonly live: RawObject; readonly body: unknown },
): boolean => {
  if (name !== '.spec.replicas' || !SCALERS.has(manager)) return false
  return manager === KEEPER || takesReplicasBack(live, body) || ownsField(live, ['spec', 'replicas'])
}
