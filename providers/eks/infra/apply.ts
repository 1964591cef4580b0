// One step on one object: sent once with a token that follows from what is wanted, so that the same step of another process
// is the same request; what exists under our tags counts as done. Nothing here waits for EKS to finish.
import { StormportError } from '../../../core/errors.ts'
import { contentHash } from '../../../core/model/canonical.ts'
import type { NativeObject } from '../../../core/model/native-object.ts'
import type { Action } from '../../../core/model/plan.ts'
import type { ApplyContext } from '../../../core/ports.ts'
import type { EksTarget } from '../clusters.ts'
import { applyAccess, removeAccess } from './apply-access.ts'
import { applyAddon, removeAddon } from './apply-addon.ts'
import { applyCluster, removeCluster } from './apply-cluster.ts'
import { applyGroup, removeGroup } from './apply-group.ts'
import { applyProfile, removeProfile } from './apply-profile.ts'
import type { AccessBody, AddonBody, ClusterBody, GroupBody, Owned, ProfileBody, RoleBody } from './bodies.ts'
import { ownTags } from './names.ts'
import { applyNetwork } from './network.ts'
import { isNetworkKind } from './network-read.ts'
import { removeNetwork } from './network-remove.ts'
import { applyRole, removeRole } from './roles.ts'
import type { Applied, Step } from './step.ts'

export const applyInfra = async (eks: EksTarget, action: Action, context: ApplyContext): Promise<Applied> => {
  if (action.kind === 'remove') return { changed: await remove(eks, action, context.signal) }
  const want = action.object
  if (want === null) throw new StormportError('Internal', `${action.id} has nothing to apply`)
  if (isNetworkKind(want.kind)) return applyNetwork(want.kind, step(eks, want, context))
  switch (want.kind) {
    case 'Role':
      return applyRole(step<RoleBody>(eks, want, context))
    case 'Cluster':
      return applyCluster(step<ClusterBody>(eks, want, context))
    case 'AccessEntry':
      return applyAccess(step<AccessBody>(eks, want, context))
    case 'Addon':
      return applyAddon(step<AddonBody>(eks, want, context))
    case 'Nodegroup':
      return applyGroup(step<GroupBody>(eks, want, context))
    case 'FargateProfile':
      return applyProfile(step<ProfileBody>(eks, want, context))
    default:
      throw new StormportError('Internal', `${want.kind} is no kind of EKS`)
  }
}

const remove = async (eks: EksTarget, action: Action, signal: AbortSignal): Promise<boolean> => {
  const of = { eks, name: action.name, signal }
  const kind = action.objectKind
  if (isNetworkKind(kind)) return action.live === null ? false : removeNetwork({ ...of, kind, id: action.live.uid })
  switch (action.objectKind) {
    case 'Role':
      return removeRole(eks, action.name, signal)
    case 'Cluster':
      return removeCluster(of)
    case 'AccessEntry':
      return removeAccess(of)
    case 'Addon':
      return removeAddon(of)
    case 'Nodegroup':
      return removeGroup(of)
    case 'FargateProfile':
      return removeProfile(of)
    default:
      throw new StormportError('Internal', `${action.objectKind} is no kind of EKS`)
  }
}

/** References in the body have been resolved by the engine: it is what render wrote, with ids in their place. */
const step = <B>(eks: EksTarget, want: NativeObject, context: ApplyContext): Step<B> => {
  const body = want.body as B & Owned
  return {
    eks,
    owner: body.owner,
    name: want.name,
    hash: want.hash,
    body,
    token: contentHash([want.id, want.hash, body.owner]),
    tags: { ...ownTags(body.owner, want.hash) },
    signal: context.signal,
    progress: context.progress,
  }
}
