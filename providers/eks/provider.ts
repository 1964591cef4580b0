// Provider of EKS targets. Workloads are Kubernetes: every such call first finds the way to the cluster and then goes to the
// Kubernetes adapter. What is EKS's own (account, cluster, groups of nodes) stands beside it in this folder.
import type { Target } from '../../core/model/fleet.ts'
import type { TargetState } from '../../core/model/replica.ts'
import type { Check, Infrastructure, Provider, Records } from '../../core/ports.ts'
import { type ClusterAccess, createKubernetesProvider } from '../kubernetes/index.ts'
import { absent, accessTo, createEksTarget, type EksTarget } from './clusters.ts'
import { applyInfra } from './infra/apply.ts'
import { observeInfra } from './infra/observe.ts'
import { renderInfra } from './infra/render.ts'
import { eksLeftovers } from './leftovers.ts'
import { eksSettings } from './settings.ts'

export interface EksProviderOptions {
  readonly env: Readonly<Record<string, string | undefined>>
}

export const createEksProvider = ({ env }: EksProviderOptions): Provider => {
  const targets = createTargets()
  const found = new Map<string, ClusterAccess>()
  const kubernetes = createKubernetesProvider({
    env,
    askPlugin: null,
    access: (target) => found.get(targets.key(target)) ?? null,
  })
  /** The Kubernetes side may be asked afterwards. */
  const reach: Reach = async (target, signal) => {
    const eks = targets.of(target)
    if (found.has(targets.key(target))) return
    found.set(targets.key(target), accessTo(await eks.describe(signal), eks))
  }
  return {
    ...pureOf(kubernetes),
    kind: 'eks',
    confirmDrift: async (target, app, objects, signal) => {
      await reach(target, signal)
      return kubernetes.confirmDrift?.(target, app, objects, signal) ?? []
    },
    offerings: async (target, signal) => (await targets.of(target).offers(signal)).offers,
    infrastructure: infrastructureOf(targets),
    check: async (target, signal) => {
      const own = await checkAccount(targets.of(target), signal)
      const cluster = await targets.of(target).describe(signal)
      if (own.some((each) => !each.ok) || cluster?.endpoint === undefined) return own
      await reach(target, signal)
      return [...own, ...(await kubernetes.check(target, signal))]
    },
    ...readsOf(kubernetes, { targets, reach }),
    ...streamsOf(kubernetes, reach),
    records: (target, app) => reaching(kubernetes.records, { target, app, reach }),
    apps: async (target, signal) => {
      const cluster = await targets.of(target).describe(signal)
      if (cluster?.endpoint === undefined) return []
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
  leftovers: (target, fleet, signal) => eksLeftovers(targets.of(target), fleet, signal),
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
    if (cluster === null && eksSettings(target).create === null) throw absent(target)
    if (cluster?.endpoint === undefined) return notYetThere(kubernetes, target)
    await reach(target, signal)
    return kubernetes.observe(target, app, signal)
  },
  capacity: async (target, signal) => {
    const cluster = await targets.of(target).describe(signal)
    if (cluster?.endpoint === undefined) return { kind: 'unknown', because: 'the cluster does not stand yet' }
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

const createTargets = () => {
  const known = new Map<string, EksTarget>()
  const key = (target: Target): string => JSON.stringify([target.name, target.settings])
  return {
    key,
    of: (target: Target): EksTarget => {
      const held = known.get(key(target))
      if (held !== undefined) return held
      const made = createEksTarget(target)
      known.set(key(target), made)
      return made
    },
    close: () => {
      for (const each of known.values()) each.clients.close()
      known.clear()
    },
  }
}

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
