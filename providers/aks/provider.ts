// Provider of AKS targets: what is AKS's own (tenant, cluster, pools) for the provider that all managed clusters share.
import { setTimeout } from 'node:timers/promises'
import type { ManagedCluster } from '@azure/arm-containerservice'
import type { Target } from '../../core/model/fleet.ts'
import type { Check, Infrastructure, Provider } from '../../core/ports.ts'
import { createManagedProvider, type ManagedPhase, rememberedBy } from '../kubernetes/index.ts'
import { accessTo } from './access.ts'
import { type AzureCloud, publicCloud } from './client.ts'
import { type AksTarget, absent, createAksTarget, isUp, type Sleep, type Surroundings } from './clusters.ts'
import { applyInfra } from './infra/apply.ts'
import { leftoversOf } from './infra/leftovers.ts'
import { observeInfra } from './infra/observe.ts'
import { renderInfra } from './infra/render.ts'
import { type OpenInner, openInner } from './inner.ts'
import { readOfferings } from './offerings.ts'
import { aksSettings } from './settings.ts'

export interface AksProviderOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Where Azure is; absent: the public cloud, or what AZURE_RESOURCE_MANAGER_ENDPOINT says. */
  readonly cloud?: AzureCloud
  /** How the wait for another's operation passes; absent: in real time. */
  readonly sleep?: Sleep
  /** Objects inside a cluster; absent: by its API. */
  readonly inner?: OpenInner
}

type TargetOf = (target: Target) => AksTarget

export const createAksProvider = ({ env, cloud, sleep, inner }: AksProviderOptions): Provider => {
  const around: Surroundings = {
    cloud: cloud ?? publicCloud(env),
    sleep: sleep ?? inRealTime,
    openInner: inner ?? openInner,
  }
  const targets = rememberedBy((target) => createAksTarget(target, around))
  return createManagedProvider(
    {
      kind: 'aks',
      phase: async (target, signal) => phaseOf(await targets.of(target).describe(signal)),
      declares: (target) => aksSettings(target).create !== null,
      absent,
      access: (target, signal) => accessTo(targets.of(target), signal),
      check: (target, signal) => checkAccount(targets.of(target), signal),
      offerings: (target, signal) => readOfferings(targets.of(target), signal),
      infrastructure: infrastructureOf(targets.of),
      close: () => targets.clear(),
    },
    env,
  )
}

/** One that was stopped is there and does not answer: unreachable, never empty. */
const phaseOf = (cluster: ManagedCluster | null): ManagedPhase => {
  if (cluster === null) return 'absent'
  if (isUp(cluster)) return 'up'
  return cluster.powerState?.code === 'Stopped' ? 'down' : 'coming'
}

const infrastructureOf = (targetOf: TargetOf): Infrastructure => ({
  observe: (target, fleet, signal) => observeInfra(targetOf(target), fleet, signal),
  render: renderInfra,
  // What cannot change in place is another object by its name; a cluster is never replaced.
  replaces: () => undefined,
  apply: (target, action, context) => applyInfra(targetOf(target), action, context),
  leftovers: (target, fleet, signal) => leftoversOf(targetOf(target), fleet, signal),
})

const checkAccount = async (aks: AksTarget, signal: AbortSignal): Promise<readonly Check[]> => {
  const { tenant } = await aks.caller(signal)
  const { cluster, resourceGroup, subscription, create } = aksSettings(aks.target)
  const seen = await aks.describe(signal)
  const signedIn: Check = { name: 'account', ok: true, message: `signed in to tenant ${tenant}, ${subscription}` }
  if (seen !== null) {
    const ok = isUp(seen)
    if (ok) return [signedIn, { name: 'cluster', ok, message: `${cluster} is ${stateOf(seen)}` }]
    const hint = 'wait until it is made, or start it with `az aks start`'
    return [signedIn, { name: 'cluster', ok: false, message: `${cluster} is ${stateOf(seen)}`, hint }]
  }
  const message = `there is no cluster ${cluster} in resource group ${resourceGroup}`
  if (create !== null) return [signedIn, { name: 'cluster', ok: true, message: `${message}; deploy makes it` }]
  const hint = 'correct cluster: or resourceGroup:, or add create: {}'
  return [signedIn, { name: 'cluster', ok: false, message, hint }]
}

const stateOf = ({ provisioningState, powerState }: ManagedCluster): string =>
  powerState?.code === 'Stopped' ? 'stopped' : (provisioningState ?? 'there')

const inRealTime: Sleep = (ms, signal) => setTimeout(ms, undefined, { signal })
