// The cluster itself: made with its system pool, brought up a minor, its settings changed, taken away. What AKS cannot change
// is said before anything is sent; a cluster is never replaced.
import type { ManagedCluster } from '@azure/arm-containerservice'
import { StormportError } from '../../../core/errors.ts'
import type { AksTarget } from '../clusters.ts'
import { aksSettings } from '../settings.ts'
import type { ClusterWithPool } from './bodies.ts'
import { changedCluster, fixedKey, isUpgrade, newCluster } from './cluster-body.ts'
import { HASH_TAG, isOurs, PROTECT_TAG, tagOf } from './names.ts'
import { type Applied, foreign, type Removal, type Step, writeCluster } from './step.ts'

export const applyCluster = async (step: Step<ClusterWithPool>): Promise<Applied> => {
  const { name, aks, owner, body, tags } = step
  const changed = await writeCluster(step, {
    doing: `set up cluster ${name}`,
    send: async (live) => {
      if (live === null) return put(step, newCluster(step), { ifNoneMatch: '*' })
      if (!isOurs(live.tags, owner)) throw foreign('cluster', name, aks.target.name)
      refuseFixed(live, step)
      const rests = live.provisioningState === 'Succeeded'
      if (tagOf(live.tags, HASH_TAG) === tags[HASH_TAG] && rests && !isUpgrade(live, body)) return false
      return put(step, changedCluster(live, body, tags), { ifMatch: live.eTag ?? '*' })
    },
    values: (live) => `version is ${live?.kubernetesVersion ?? 'none'}, ${body.version ?? 'any'} is wanted`,
  })
  return { changed }
}

/** Sent and accepted; nobody waits here for its end. */
const put = async (
  { aks, name, signal }: Step<unknown>,
  cluster: ManagedCluster,
  match: { readonly ifMatch?: string; readonly ifNoneMatch?: string },
): Promise<boolean> => {
  const client = await aks.clients.aks()
  const { resourceGroup } = aksSettings(aks.target)
  const options = { abortSignal: signal, ...match }
  await client.managedClusters.createOrUpdate(resourceGroup, name, cluster, options).submitted()
  return true
}

const refuseFixed = (live: ManagedCluster, { body, name, aks }: Step<ClusterWithPool>): void => {
  const key = fixedKey(live, body)
  if (key === null) return
  throw new StormportError('InvalidSpec', `${key} of cluster ${name} cannot be changed once it stands`, {
    diagnostic: 'SP4507',
    source: 'user',
    target: aks.target.name,
    hint: 'write it as it was, or make another target and move there',
  })
}

export const removeCluster = (removal: Removal): Promise<boolean> => {
  const { aks, name, signal } = removal
  return writeCluster(removal, {
    doing: `delete cluster ${name}`,
    send: async (live) => {
      if (live === null) return false
      refuseProtected(live, aks)
      const client = await aks.clients.aks()
      const options = { abortSignal: signal, ifMatch: live.eTag ?? '*' }
      await client.managedClusters.delete(aksSettings(aks.target).resourceGroup, name, options).submitted()
      return true
    },
    values: () => `cluster ${name} is there, none is wanted`,
  })
}

/** AKS has no such switch of its own: the cluster carries a tag. */
const refuseProtected = (live: ManagedCluster, { target }: AksTarget): void => {
  if (tagOf(live.tags, PROTECT_TAG) !== 'true') return
  throw new StormportError('Forbidden', `cluster ${live.name} is protected`, {
    diagnostic: 'SP4509',
    source: 'user',
    target: target.name,
    hint: 'set create.protect: false, deploy, and run again',
  })
}
