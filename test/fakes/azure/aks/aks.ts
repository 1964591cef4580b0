// What the handlers of clusters and pools share: where they look things up and how they say "accepted".
import { fault } from '../faults.ts'
import { type HeaderMode, headersOf } from '../lro.ts'
import { ARM_FORM } from '../server/arm.ts'
import type { Call, Reply } from '../server/calls.ts'
import type { AzureState, ClusterRecord, Operation } from '../state.ts'
import type { Behind } from './behind.ts'
import type { Sizes } from './sizes.ts'

export interface Aks {
  readonly state: AzureState
  readonly sizes: Sizes
  readonly mode: () => HeaderMode
  readonly origin: () => string
  readonly retryAfterSeconds: number | null
  readonly behind: (cluster: string) => Behind | null
}

export const clusterOf = ({ state }: Aks, { at }: Call): ClusterRecord => {
  const found = state.clusters.get(state.key(at.group ?? '', at.cluster ?? ''))
  if (found !== undefined) return found
  checkGroup(state, at.group ?? '')
  const words = `The Resource 'Microsoft.ContainerService/managedClusters/${at.cluster}' under resource group '${at.group}' was not found.`
  throw fault(404, ['ResourceNotFound', words], ARM_FORM)
}

/** ARM: what lies in a group needs the group. */
export const checkGroup = (state: AzureState, group: string): void => {
  const found = state.groups.get(state.key(group))
  if (!state.rules.holds('groupExists')) return
  if (found === undefined)
    throw fault(404, ['ResourceGroupNotFound', `Resource group '${group}' could not be found.`], ARM_FORM)
  if (found.provisioningState === 'Deleting')
    throw fault(
      409,
      ['ResourceGroupBeingDeleted', `The resource group '${group}' is in deprovisioning state.`],
      ARM_FORM,
    )
}

/** ARM, lock-resources: a lock forbids to delete what lies in its group; that of the nodes counts for the cluster too. */
export const checkLocks = (state: AzureState, groups: readonly string[]): void => {
  const locked = groups.find((group) => state.locks.has(state.key(group)))
  if (locked === undefined || !state.rules.holds('locks')) return
  const words = `The scope '/subscriptions/${state.subscription}/resourceGroups/${locked}' cannot perform delete operation because following scope(s) are locked: '${locked}'.`
  throw fault(409, ['ScopeLocked', words], ARM_FORM)
}

/** start-stop-cluster: a stopped cluster can be started and deleted, no more. */
export const checkRunning = (state: AzureState, cluster: ClusterRecord): void => {
  if (cluster.props.powerState?.code !== 'Stopped' || !state.rules.holds('stopped')) return
  const words = `Operation is not allowed: managed cluster ${cluster.name} is stopped. Start it first.`
  throw fault(400, ['OperationNotAllowed', words])
}

interface Begun {
  readonly operation: Operation
  readonly status: number
  readonly body?: unknown
}

export const accepted = (aks: Aks, call: Call, { operation, status, body }: Begun): Reply => ({
  status,
  ...(body === undefined ? {} : { body }),
  headers:
    headersOf(
      {
        mode: aks.mode(),
        origin: aks.origin(),
        retryAfterSeconds: aks.retryAfterSeconds,
        subscription: aks.state.subscription,
      },
      operation,
      call,
    ) ?? {},
})
