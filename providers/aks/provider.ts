// Provider of AKS targets. Workloads are Kubernetes: every such call first finds the way to the cluster and then goes to the
// Kubernetes adapter. What is AKS's own (tenant, cluster, pools) stands beside it in this folder.
import { setTimeout } from 'node:timers/promises'
import type { ManagedCluster } from '@azure/arm-containerservice'
import type { Target } from '../../core/model/fleet.ts'
import type { TargetState } from '../../core/model/replica.ts'
import type { Check, Infrastructure, Provider, Records } from '../../core/ports.ts'
import { type ClusterAccess, createKubernetesProvider } from '../kubernetes/index.ts'
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

export const createAksProvider = ({ env, cloud, sleep, inner }: AksProviderOptions): Provider => {
  const targets = createTargets({
    cloud: cloud ?? publicCloud(env),
    sleep: sleep ?? inRealTime,
    openInner: inner ?? openInner,
  })
  const found = new Map<string, ClusterAccess>()
  const kubernetes = createKubernetesProvider({
    env,
    askPlugin: null,
    access: (target) => found.get(targets.key(target)) ?? null,
  })
  /** The Kubernetes side may be asked afterwards. */
  const reach: Reach = async (target, signal) => {
    if (found.has(targets.key(target))) return
    found.set(targets.key(target), await accessTo(targets.of(target), signal))
  }
  return {
    ...pureOf(kubernetes),
    kind: 'aks',
    confirmDrift: async (target, app, objects, signal) => {
      await reach(target, signal)
      return kubernetes.confirmDrift?.(target, app, objects, signal) ?? []
    },
    offerings: (target, signal) => readOfferings(targets.of(target), signal),
    infrastructure: infrastructureOf(targets),
    check: async (target, signal) => {
      const own = await checkAccount(targets.of(target), signal)
      const cluster = await targets.of(target).describe(signal)
      if (own.some((each) => !each.ok) || !isUp(cluster)) return own
      await reach(target, signal)
      return [...own, ...(await kubernetes.check(target, signal))]
    },
    ...readsOf(kubernetes, { targets, reach }),
    ...streamsOf(kubernetes, reach),
    records: (target, app) => reaching(kubernetes.records, { target, app, reach }),
    apps: async (target, signal) => {
      const cluster = await targets.of(target).describe(signal)
      if (!isUp(cluster)) return []
      await reach(target, signal)
      return kubernetes.apps(target, signal)
    },
    lease: async (target, name, holder, ttlMs) => {
      await reach(target, AbortSignal.timeout(REACH_MS))
      return kubernetes.lease(target, name, holder, ttlMs)
    },
    close: async () => {
      found.clear()
      targets.close()
      await kubernetes.close()
    },
  }
}

const infrastructureOf = (targets: Targets): Infrastructure => ({
  observe: (target, fleet, signal) => observeInfra(targets.of(target), fleet, signal),
  render: renderInfra,
  // What cannot change in place is another object by its name; a cluster is never replaced.
  replaces: () => undefined,
  apply: (target, action, context) => applyInfra(targets.of(target), action, context),
  leftovers: (target, fleet, signal) => leftoversOf(targets.of(target), fleet, signal),
})

/** What needs no cluster; everything else must find the way first. */
const pureOf = ({
  capabilities,
  assumedFacts,
  refusals,
  verdicts,
  render,
  replaces,
  roles,
}: Provider): Pick<
  Provider,
  'capabilities' | 'assumedFacts' | 'refusals' | 'verdicts' | 'render' | 'replaces' | 'roles'
> => ({
  ...{ capabilities, assumedFacts, refusals, verdicts, render, replaces },
  ...(roles === undefined ? {} : { roles }),
})

type Reach = (target: Target, signal: AbortSignal) => Promise<void>

/** What is asked of a cluster that may not stand yet, and the steps on one that does. */
const readsOf = (
  kubernetes: Provider,
  { targets, reach }: { readonly targets: Targets; readonly reach: Reach },
): Pick<Provider, 'observe' | 'capacity' | 'apply'> => ({
  observe: async (target, app, signal) => {
    const cluster = await targets.of(target).describe(signal)
    if (cluster === null && aksSettings(target).create === null) throw absent(target)
    if (!isUp(cluster) && cluster?.powerState?.code !== 'Stopped') return notYetThere(kubernetes, target)
    await reach(target, signal)
    return kubernetes.observe(target, app, signal)
  },
  capacity: async (target, signal) => {
    const cluster = await targets.of(target).describe(signal)
    if (!isUp(cluster)) return { kind: 'unknown', because: 'the cluster does not stand yet' }
    await reach(target, signal)
    return kubernetes.capacity(target, signal)
  },
  apply: async (target, action, context) => {
    await reach(target, context.signal)
    return kubernetes.apply(target, action, context)
  },
})

const streamsOf = (
  kubernetes: Provider,
  reach: Reach,
): Pick<Provider, 'watch' | 'logs' | 'events' | 'exec' | 'metrics'> => ({
  watch: async function* (target, app, signal) {
    await reach(target, signal)
    yield* kubernetes.watch(target, app, signal)
  },
  logs: async function* (target, query, signal) {
    await reach(target, signal)
    yield* kubernetes.logs(target, query, signal)
  },
  events: async function* (target, query, signal) {
    await reach(target, signal)
    yield* kubernetes.events(target, query, signal)
  },
  exec: async (target, app, replica, argv, io, signal) => {
    await reach(target, signal)
    return kubernetes.exec(target, app, replica, argv, io, signal)
  },
  metrics: async (target, app, signal) => {
    await reach(target, signal)
    return kubernetes.metrics(target, app, signal)
  },
})

/** Calls without a signal of their own. */
const REACH_MS = 30_000

type Targets = ReturnType<typeof createTargets>

const createTargets = (around: Surroundings) => {
  const known = new Map<string, AksTarget>()
  const key = (target: Target): string => JSON.stringify([target.name, target.settings])
  return {
    key,
    of: (target: Target): AksTarget => {
      const held = known.get(key(target))
      if (held !== undefined) return held
      const made = createAksTarget(target, around)
      known.set(key(target), made)
      return made
    },
    close: () => known.clear(),
  }
}

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

/** Declared and not made yet: planned from published facts, and nothing of any app is there. */
const notYetThere = (kubernetes: Provider, target: Target): TargetState => ({
  identity: '',
  reachable: true,
  complete: true,
  because: null,
  observedAt: new Date().toISOString(),
  facts: kubernetes.assumedFacts(target),
  objects: [],
  replicas: [],
  services: [],
  head: null,
  secretKey: null,
  diagnostics: [],
})

const reaching = (
  open: Provider['records'],
  at: {
    readonly target: Target
    readonly app: string
    readonly reach: Reach
  },
): Records => {
  const there = async (): Promise<Records> => {
    await at.reach(at.target, AbortSignal.timeout(REACH_MS))
    return open(at.target, at.app)
  }
  return {
    head: async () => (await there()).head(),
    read: async (number) => (await there()).read(number),
    write: async (release) => (await there()).write(release),
    setHead: async (next, expectedVersion) => (await there()).setHead(next, expectedVersion),
    remove: async () => (await there()).remove(),
    history: async () => (await there()).history(),
    appendHistory: async (entry) => (await there()).appendHistory(entry),
    secretKey: async (create) => (await there()).secretKey(create),
  }
}
