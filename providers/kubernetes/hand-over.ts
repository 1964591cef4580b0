// The count of replicas changes its owner when an autoscaler comes or goes. Leaving the field out while we alone own it
// would reset it to one, so it is first shared with a second manager.
import { APPLY_PATCH } from './app-map.ts'
import { nameIn } from './client/metadata.ts'
import type { Cluster } from './cluster.ts'
import type { FieldConflict } from './errors.ts'
import { ownsField } from './managed-fields.ts'
import { MANAGER } from './names.ts'
import { field, numberAt, type RawObject, textAt } from './raw.ts'

const KEEPER = `${MANAGER}-handover`

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

/** The autoscaler writes through the scale subresource in the name of the controller manager. */
export const isAutoscalerConflict = ({ manager, field: name }: FieldConflict): boolean =>
  name === '.spec.replicas' && (manager === KEEPER || manager === 'kube-controller-manager')
