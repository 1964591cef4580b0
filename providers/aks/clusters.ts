// The cluster of a target as AKS tells it, asked once in a few seconds, and the operations that this process has set going.
import type { ManagedCluster } from '@azure/arm-containerservice'
import { StormportError } from '../../core/errors.ts'
import type { Target } from '../../core/model/fleet.ts'
import { type AzureClients, type AzureCloud, createAzureClients } from './client.ts'
import { azureError } from './errors.ts'
import { isGone } from './fault.ts'
import type { OpenInner } from './inner.ts'
import { type Caller, pinnedCaller } from './pins.ts'
import { aksSettings } from './settings.ts'

export interface AksTarget {
  readonly target: Target
  readonly clients: AzureClients
  readonly sleep: Sleep
  readonly openInner: OpenInner
  /** Held against the pins, once. */
  caller(signal: AbortSignal): Promise<Caller>
  /** null: there is no such cluster. Asked once in a few seconds. */
  describe(signal: AbortSignal): Promise<ManagedCluster | null>
  /** The next `describe` asks again. */
  forget(): void
  /** Object id → address that tells how its last write goes, until it has ended. */
  readonly operations: Map<string, string>
  /** Rights of our own that this process has given, until the cluster is seen to hold them. */
  readonly unproved: Set<string>
  /** One after another: AKS takes one write of a cluster at a time. */
  inTurn<T>(write: () => Promise<T>): Promise<T>
}

export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>

const KEEP_MS = 4_000

/** What differs in tests: where Azure is, how time passes, and what stands inside its clusters. */
export interface Surroundings {
  readonly cloud: AzureCloud
  readonly sleep: Sleep
  readonly openInner: OpenInner
}

export const createAksTarget = (target: Target, { cloud, sleep, openInner }: Surroundings): AksTarget => {
  const settings = aksSettings(target)
  const clients = createAzureClients(settings, cloud)
  let caller: Promise<Caller> | null = null
  let seen: { readonly atMs: number; readonly cluster: Promise<ManagedCluster | null> } | null = null
  let last: Promise<unknown> = Promise.resolve()
  const callerOf = (signal: AbortSignal): Promise<Caller> => {
    caller ??= pinnedCaller(clients, target, signal).catch((error: unknown) => {
      caller = null
      throw error
    })
    return caller
  }
  const forget = (): void => {
    seen = null
  }
  return {
    target,
    clients,
    sleep,
    openInner,
    caller: callerOf,
    forget,
    operations: new Map(),
    unproved: new Set(),
    inTurn: (write) => {
      const next = last.then(write, write)
      last = next.catch(() => undefined)
      return next
    },
    describe: async (signal) => {
      await callerOf(signal)
      if (seen === null || performance.now() - seen.atMs > KEEP_MS) {
        const cluster = describeCluster(clients, target, signal)
        seen = { atMs: performance.now(), cluster }
        cluster.catch(forget)
      }
      return seen.cluster
    },
  }
}

const describeCluster = async (
  clients: AzureClients,
  target: Target,
  signal: AbortSignal,
): Promise<ManagedCluster | null> => {
  const { resourceGroup, cluster } = aksSettings(target)
  try {
    return await (await clients.aks()).managedClusters.get(resourceGroup, cluster, { abortSignal: signal })
  } catch (error) {
    if (isGone(error)) return null
    throw azureError(error, `look at cluster ${cluster}`, target.name)
  }
}

export const absent = (target: Target): StormportError => {
  const { cluster, resourceGroup } = aksSettings(target)
  return new StormportError('NotFound', `there is no AKS cluster ${cluster} in resource group ${resourceGroup}`, {
    diagnostic: 'SP4504',
    source: 'user',
    target: target.name,
    hint: 'correct cluster: or resourceGroup:, or add create: {} to have it made',
  })
}

/** Its API answers: made, and not stopped. */
export const isUp = (cluster: ManagedCluster | null): boolean =>
  cluster !== null &&
  cluster.identityProfile !== undefined &&
  cluster.provisioningState !== 'Creating' &&
  cluster.powerState?.code !== 'Stopped'
