// Machines that cannot come: no capacity, or no quota of their family. AKS says so at the end of the operation (error set:
// quota-family, quota-spot, SkuNotAvailable and kin, all seen in the status body).
import type { Ending } from '../faults.ts'
import type { AzureState, ClusterRecord, PoolProps } from '../state.ts'
import type { Aks } from './aks.ts'
import type { Sizes } from './sizes.ts'

/** What is added: `count` machines of `vmSize`. A size that is not to be had refuses even a pool of none. */
export const shortage = ({ state, sizes }: Aks, cluster: ClusterRecord, added: PoolProps): Ending | null => {
  const vmSize = added.vmSize ?? ''
  const spot = added.scaleSetPriority === 'Spot' ? state.shortages.get(`Spot/${vmSize}`) : undefined
  const error = spot ?? state.shortages.get(vmSize)
  const counts = (added.count ?? 0) > 0 || error?.code === 'SkuNotAvailable'
  if (error !== undefined && counts) return { kind: 'failed', error }
  return overQuota({ state, sizes }, cluster, added)
}

/** One quota for all Spot machines. */
export const SPOT_FAMILY = 'lowPriorityCores'

const overQuota = (of: Pick<Aks, 'state' | 'sizes'>, cluster: ClusterRecord, added: PoolProps): Ending | null => {
  const { state, sizes } = of
  const size = sizes.get((added.vmSize ?? '').toLowerCase())
  if (size === undefined || !state.rules.holds('quota')) return null
  const family = added.scaleSetPriority === 'Spot' ? SPOT_FAMILY : size.family
  const limit = state.quotas.get(family)
  if (limit === undefined) return null
  const use = coresInUse(state, sizes, { family, location: cluster.location })
  const need = size.vcpus * (added.count ?? 0)
  if (use + need <= limit) return null
  const name = family === SPOT_FAMILY ? 'LowPriorityCores' : `${family} Cores`
  const message =
    `Operation could not be completed as it results in exceeding approved ${name} quota. Additional details - ` +
    `Deployment Model: Resource Manager, Location: ${cluster.location}, Current Limit: ${limit}, Current Usage: ${use}, ` +
    `Additional Required: ${need}, (Minimum) New Limit Required: ${use + need}.`
  return { kind: 'failed', error: { code: 'OperationNotAllowed', message } }
}

interface Of {
  readonly family: string
  readonly location: string
}

export const coresInUse = (state: AzureState, sizes: Sizes, { family, location }: Of): number =>
  [...state.clusters.values()]
    .filter((cluster) => cluster.location === location)
    .flatMap((cluster) => [...cluster.pools.values()])
    .reduce((sum, { props, machines }) => {
      const size = sizes.get((props.vmSize ?? '').toLowerCase())
      const own = props.scaleSetPriority === 'Spot' ? SPOT_FAMILY : size?.family
      return own === family ? sum + (size?.vcpus ?? 0) * machines.length : sum
    }, 0)
