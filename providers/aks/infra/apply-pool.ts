// Agent pools: made with a count, changed without one, brought up a minor behind the control plane, and taken away.
import type { AgentPool, ManagedCluster } from '@azure/arm-containerservice'
import { isGone } from '../fault.ts'
import { aksSettings } from '../settings.ts'
import type { PoolBody } from './bodies.ts'
import { HASH_TAG, isOurs, tagOf } from './names.ts'
import { changedPool, isAt, newPool, poolDifferences, raisedPool } from './pool-body.ts'
import { type Applied, foreign, type Removal, type Step, writeCluster } from './step.ts'

export const applyPool = async (step: Step<PoolBody>): Promise<Applied> => {
  const { name, aks } = step
  const changed = await writeCluster(step, {
    doing: `set up pool ${name}`,
    send: async (cluster) => {
      if (cluster === null) return false
      const live = await readPool(step)
      if (live === null) return create(step)
      if (!isOurs(live.tags, step.owner)) throw foreign('pool', name, aks.target.name)
      return update(step, live)
    },
    values: (cluster) => valuesOf(cluster, step),
  })
  return { changed }
}

const valuesOf = (cluster: ManagedCluster | null, { name, body }: Step<PoolBody>): string => {
  const live = (cluster?.agentPoolProfiles ?? []).find((each) => each.name === name)
  if (live === undefined) return `pool ${name} is not there, and is wanted`
  const { type: _, name: _name, ...pool } = live
  return poolDifferences(pool, body).join('; ') || `pool ${name} is as it is wanted now`
}

/** Alone, not as a part of its cluster: it has an eTag of its own. */
const readPool = async ({
  aks,
  name,
  signal,
}: Pick<Step<unknown>, 'aks' | 'name' | 'signal'>): Promise<AgentPool | null> => {
  const { resourceGroup, cluster } = aksSettings(aks.target)
  try {
    return await (await aks.clients.aks()).agentPools.get(resourceGroup, cluster, name, { abortSignal: signal })
  } catch (error) {
    if (isGone(error)) return null
    throw error
  }
}

const create = async ({ aks, name, body, tags, signal }: Step<PoolBody>): Promise<boolean> => {
  const pool = { ...newPool(body, tags), typePropertiesType: 'VirtualMachineScaleSets' }
  await put({ aks, name, signal }, pool, { ifNoneMatch: '*' })
  return true
}

const update = async (step: Step<PoolBody>, live: AgentPool): Promise<boolean> => {
  const { body, tags, name, progress } = step
  const rests = live.provisioningState === 'Succeeded'
  const done = tagOf(live.tags, HASH_TAG) === tags[HASH_TAG] && (body.version === null || isAt(live, body.version))
  if (done && rests) return false
  const raised = raisedPool(live, body)
  if (raised !== null) {
    progress(`pool ${name}: AKS refuses a min above the present count, so it gets ${body.scale?.min} nodes first`)
    await put(step, raised, { ifMatch: live.eTag ?? '*' })
    return true
  }
  await put(step, changedPool(live, body, tags), { ifMatch: live.eTag ?? '*' })
  return true
}

/** Sent and accepted; nobody waits here for its end. */
const put = async (
  { aks, name, signal }: Pick<Step<unknown>, 'aks' | 'name' | 'signal'>,
  pool: AgentPool,
  match: { readonly ifMatch?: string; readonly ifNoneMatch?: string },
): Promise<void> => {
  const { resourceGroup, cluster } = aksSettings(aks.target)
  const client = await aks.clients.aks()
  const options = { abortSignal: signal, ...match }
  await client.agentPools.createOrUpdate(resourceGroup, cluster, name, pool, options).submitted()
}

/** AKS moves the pods off its nodes first, and keeps to their disruption budgets. */
export const removePool = (removal: Removal): Promise<boolean> => {
  const { aks, name, signal } = removal
  const { resourceGroup, cluster } = aksSettings(aks.target)
  return writeCluster(removal, {
    doing: `delete pool ${name}`,
    send: async (live) => {
      if (live === null) return false
      const pool = await readPool(removal)
      if (pool === null) return false
      const client = await aks.clients.aks()
      const options = { abortSignal: signal, ifMatch: pool.eTag ?? '*' }
      await client.agentPools.delete(resourceGroup, cluster, name, options).submitted()
      return true
    },
    values: () => `pool ${name} is there, none is wanted`,
  })
}
