// Provider of clusters that a cloud keeps: each call first finds the way to the cluster by its cloud and then goes to the
// Kubernetes adapter. What is the cloud's own (account, cluster, pools) comes from its folder.
import type { StormportError } from '../../core/errors.ts'
import type { ProviderKind, Target } from '../../core/model/fleet.ts'
import { NOTHING_THERE, type TargetState } from '../../core/model/replica.ts'
import type { Check, Infrastructure, Provider, Records } from '../../core/ports.ts'
import type { ClusterAccess } from './client/access.ts'
import { createKubernetesProvider } from './provider.ts'

/** 'coming': declared or being made, nothing can be asked yet; 'down': it is there and does not run. */
export type ManagedPhase = 'absent' | 'coming' | 'up' | 'down'

export interface ManagedClusters {
  readonly kind: ProviderKind
  phase(target: Target, signal: AbortSignal): Promise<ManagedPhase>
  /** The file says that the cluster is ours to make. */
  declares(target: Target): boolean
  /** What is said of one that is neither there nor declared. */
  absent(target: Target): StormportError
  /** How the Kubernetes side gets in, once the cluster is up. */
  access(target: Target, signal: AbortSignal): Promise<ClusterAccess>
  /** The cloud's own checks: account, pins, the cluster's state. */
  check(target: Target, signal: AbortSignal): Promise<readonly Check[]>
  readonly offerings: Provider['offerings']
  readonly infrastructure: Infrastructure
  close(): void
}

type Environment = Readonly<Record<string, string | undefined>>

/** One key for what is remembered of a target: its stanza is what it is. */
export const targetKey = (target: Target): string => JSON.stringify([target.name, target.settings])

export const createManagedProvider = (clusters: ManagedClusters, env: Environment): Provider => {
  const found = new Map<string, ClusterAccess>()
  const kubernetes = createKubernetesProvider({
    env,
    askPlugin: null,
    access: (target) => found.get(targetKey(target)) ?? null,
  })
  const reach: Reach = async (target, signal) => {
    if (!found.has(targetKey(target))) found.set(targetKey(target), await clusters.access(target, signal))
    return kubernetes
  }
  return {
    ...pureOf(kubernetes),
    ...reachedOf(reach),
    ...lookedUpOf(clusters, { kubernetes, reach }),
    kind: clusters.kind,
    offerings: clusters.offerings,
    infrastructure: clusters.infrastructure,
    close: async () => {
      found.clear()
      clusters.close()
      await kubernetes.close()
    },
  }
}

/** The Kubernetes side, which may be asked afterwards. */
type Reach = (target: Target, signal: AbortSignal) => Promise<Provider>

type Pure = 'capabilities' | 'assumedFacts' | 'refusals' | 'verdicts' | 'render' | 'replaces' | 'roles'

/** What needs no cluster; everything else must find the way first. */
const pureOf = (kubernetes: Provider): Pick<Provider, Pure> => {
  const { capabilities, assumedFacts, refusals, verdicts, render, replaces, roles } = kubernetes
  return { capabilities, assumedFacts, refusals, verdicts, render, replaces, ...(roles === undefined ? {} : { roles }) }
}

/** Calls without a signal of their own. */
const REACH_MS = 30_000

type Reached = 'apply' | 'confirmDrift' | 'watch' | 'logs' | 'events' | 'exec' | 'metrics' | 'records' | 'lease'

const reachedOf = (reach: Reach): Pick<Provider, Reached> => ({
  apply: async (target, action, context) => (await reach(target, context.signal)).apply(target, action, context),
  confirmDrift: async (target, app, objects, signal) =>
    (await reach(target, signal)).confirmDrift?.(target, app, objects, signal) ?? [],
  watch: async function* (target, app, signal) {
    yield* (await reach(target, signal)).watch(target, app, signal)
  },
  logs: async function* (target, query, signal) {
    yield* (await reach(target, signal)).logs(target, query, signal)
  },
  events: async function* (target, query, signal) {
    yield* (await reach(target, signal)).events(target, query, signal)
  },
  exec: async (target, app, replica, argv, io, signal) =>
    (await reach(target, signal)).exec(target, app, replica, argv, io, signal),
  metrics: async (target, app, signal) => (await reach(target, signal)).metrics(target, app, signal),
  records: (target, app) =>
    recordsOf(async () => (await reach(target, AbortSignal.timeout(REACH_MS))).records(target, app)),
  lease: async (target, name, holder, ttlMs) =>
    (await reach(target, AbortSignal.timeout(REACH_MS))).lease(target, name, holder, ttlMs),
})

const recordsOf = (there: () => Promise<Records>): Records => ({
  head: async () => (await there()).head(),
  read: async (number) => (await there()).read(number),
  write: async (release) => (await there()).write(release),
  setHead: async (next, expectedVersion) => (await there()).setHead(next, expectedVersion),
  remove: async () => (await there()).remove(),
  history: async () => (await there()).history(),
  appendHistory: async (entry) => (await there()).appendHistory(entry),
  secretKey: async (create) => (await there()).secretKey(create),
})

/** What is asked of a cluster that may not stand yet. */
const lookedUpOf = (
  clusters: ManagedClusters,
  { kubernetes, reach }: { readonly kubernetes: Provider; readonly reach: Reach },
): Pick<Provider, 'check' | 'observe' | 'capacity' | 'apps'> => ({
  check: async (target, signal) => {
    const own = await clusters.check(target, signal)
    if (own.some((each) => !each.ok) || (await clusters.phase(target, signal)) !== 'up') return own
    return [...own, ...(await (await reach(target, signal)).check(target, signal))]
  },
  observe: async (target, app, signal) => {
    const phase = await clusters.phase(target, signal)
    if (phase === 'absent' && !clusters.declares(target)) throw clusters.absent(target)
    if (phase === 'absent' || phase === 'coming') return notYetThere(kubernetes, target)
    return (await reach(target, signal)).observe(target, app, signal)
  },
  capacity: async (target, signal) => {
    if ((await clusters.phase(target, signal)) !== 'up')
      return { kind: 'unknown', because: 'the cluster does not stand yet' }
    return (await reach(target, signal)).capacity(target, signal)
  },
  apps: async (target, signal) =>
    (await clusters.phase(target, signal)) === 'up' ? (await reach(target, signal)).apps(target, signal) : [],
})

/** Declared and not made yet: planned from published facts, and nothing of any app is there. */
const notYetThere = (kubernetes: Provider, target: Target): TargetState => ({
  identity: '',
  reachable: true,
  complete: true,
  because: null,
  observedAt: new Date().toISOString(),
  facts: kubernetes.assumedFacts(target),
  ...NOTHING_THERE,
})

/** One of ours for each target, made at first use. */
export const rememberedBy = <T>(make: (target: Target) => T) => {
  const known = new Map<string, T>()
  return {
    of: (target: Target): T => {
      const key = targetKey(target)
      const held = known.get(key)
      if (held !== undefined) return held
      const made = make(target)
      known.set(key, made)
      return made
    },
    /** Forgets all, each by `end`. */
    clear: (end: (value: T) => void = () => undefined): void => {
      for (const each of known.values()) end(each)
      known.clear()
    },
  }
}
