// One step on one object, sent once and not waited for; what exists under our tags counts as done.
import { StormportError } from '../../../core/errors.ts'
import type { NativeObject } from '../../../core/model/native-object.ts'
import type { Action } from '../../../core/model/plan.ts'
import type { ApplyContext } from '../../../core/ports.ts'
import type { AksTarget } from '../clusters.ts'
import { applyCluster, removeCluster } from './apply-cluster.ts'
import { applyPool, removePool } from './apply-pool.ts'
import type { AssignmentBody, ClusterWithPool, Owned, PlacedBody, PoolBody } from './bodies.ts'
import {
  ASSIGNMENTS_VERSION,
  applyAssignment,
  applyGroup,
  applyIdentity,
  IDENTITIES_VERSION,
  removeGroup,
  removePlaced,
} from './ground.ts'
import { ownTags } from './names.ts'
import { applyPriorities, type PrioritiesBody, removePriorities } from './priorities.ts'
import type { Applied, Removal, Step } from './step.ts'

export const applyInfra = async (aks: AksTarget, action: Action, context: ApplyContext): Promise<Applied> => {
  await aks.caller(context.signal)
  if (action.kind === 'remove') return { changed: await remove(aks, action, context) }
  const want = action.object
  if (want === null) throw new StormportError('Internal', `${action.id} has nothing to apply`)
  switch (want.kind) {
    case 'ResourceGroup':
      return applyGroup(step<PlacedBody>(aks, want, context))
    case 'Identity':
      return applyIdentity(step<PlacedBody>(aks, want, context))
    case 'RoleAssignment':
      return applyAssignment(step<AssignmentBody>(aks, want, context))
    case 'Cluster':
      return applyCluster(step<ClusterWithPool>(aks, want, context))
    case 'ConfigMap':
      return applyPriorities(step<PrioritiesBody>(aks, want, context), want.hash)
    case 'AgentPool':
      return applyPool(step<PoolBody>(aks, want, context))
    default:
      throw new StormportError('Internal', `${want.kind} is no kind of AKS`)
  }
}

const remove = async (aks: AksTarget, action: Action, { signal, progress }: ApplyContext): Promise<boolean> => {
  const of: Removal = { aks, id: action.id, name: action.name, uid: action.live?.uid ?? '', signal, progress }
  switch (action.objectKind) {
    case 'ResourceGroup':
      return removeGroup(of)
    case 'Identity':
      return removePlaced(of, IDENTITIES_VERSION)
    case 'RoleAssignment':
      return removePlaced(of, ASSIGNMENTS_VERSION)
    case 'Cluster':
      return removeCluster(of)
    case 'ConfigMap':
      return removePriorities(of)
    case 'AgentPool':
      return removePool(of)
    default:
      throw new StormportError('Internal', `${action.objectKind} is no kind of AKS`)
  }
}

/** References in the body have been resolved by the engine: it is what render wrote, with ids in their place. */
const step = <B>(aks: AksTarget, want: NativeObject, context: ApplyContext): Step<B> => {
  const body = want.body as B & Owned
  return {
    aks,
    owner: body.owner,
    id: want.id,
    name: want.name,
    body,
    tags: ownTags(body.owner, want.hash),
    signal: context.signal,
    progress: context.progress,
  }
}
