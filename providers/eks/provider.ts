// Provider of EKS targets: what is EKS's own (account, cluster, groups of nodes) for the provider that all managed clusters
// share.
import type { Target } from '../../core/model/fleet.ts'
import type { Check, Infrastructure, Provider } from '../../core/ports.ts'
import { createManagedProvider, type ManagedPhase, rememberedBy } from '../kubernetes/index.ts'
import { absent, accessTo, createEksTarget, type EksTarget } from './clusters.ts'
import { applyInfra } from './infra/apply.ts'
import { observeInfra } from './infra/observe.ts'
import { renderInfra } from './infra/render.ts'
import { eksLeftovers } from './leftovers.ts'
import { eksSettings } from './settings.ts'

export interface EksProviderOptions {
  readonly env: Readonly<Record<string, string | undefined>>
}

type TargetOf = (target: Target) => EksTarget

export const createEksProvider = ({ env }: EksProviderOptions): Provider => {
  const targets = rememberedBy(createEksTarget)
  return createManagedProvider(
    {
      kind: 'eks',
      phase: async (target, signal) => phaseOf(await targets.of(target).describe(signal)),
      declares: (target) => eksSettings(target).create !== null,
      absent,
      access: async (target, signal) => accessTo(await targets.of(target).describe(signal), targets.of(target)),
      check: (target, signal) => checkAccount(targets.of(target), signal),
      offerings: async (target, signal) => (await targets.of(target).offers(signal)).offers,
      infrastructure: infrastructureOf(targets.of),
      close: () => targets.clear((eks) => eks.clients.close()),
    },
    env,
  )
}

/** A cluster can be asked as soon as it has an address. */
const phaseOf = (cluster: Awaited<ReturnType<EksTarget['describe']>>): ManagedPhase => {
  if (cluster === null) return 'absent'
  return cluster.endpoint === undefined ? 'coming' : 'up'
}

const infrastructureOf = (targetOf: TargetOf): Infrastructure => ({
  observe: (target, fleet, signal) => observeInfra(targetOf(target), fleet, signal),
  render: renderInfra,
  // What cannot change in place is another object by its name; a cluster is never replaced.
  replaces: () => undefined,
  apply: (target, action, context) => applyInfra(targetOf(target), action, context),
  leftovers: (target, fleet, signal) => eksLeftovers(targetOf(target), fleet, signal),
})

const checkAccount = async (eks: EksTarget, signal: AbortSignal): Promise<readonly Check[]> => {
  const account = await eks.account(signal)
  const { cluster, region, create } = eksSettings(eks.target)
  const seen = await eks.describe(signal)
  const signedIn: Check = { name: 'account', ok: true, message: `signed in to account ${account}` }
  if (seen !== null)
    return [signedIn, { name: 'cluster', ok: true, message: `${cluster} is ${seen.status ?? 'there'}` }]
  const message = `there is no cluster ${cluster} in ${region}`
  if (create !== null) return [signedIn, { name: 'cluster', ok: true, message: `${message}; deploy makes it` }]
  return [signedIn, { name: 'cluster', ok: false, message, hint: 'correct cluster: or region:, or add create: {}' }]
}
