// Folds what was observed into the reports of status, ps, releases, history and apps. The folding is pure.
import type { Fleet, Target } from '../model/fleet.ts'
import type { Release } from '../model/release.ts'
import type { Health, TargetState } from '../model/replica.ts'
import type { AppEntry } from '../ports.ts'
import type {
  AppsReport,
  EngineDeps,
  HistoryReport,
  NodeReport,
  Partly,
  PsReport,
  ReleaseReport,
  ReleasesReport,
  StatusReport,
  Subject,
  TargetChecks,
  TargetStatus,
} from './api.ts'
import { type Observed, observeStates, observeTargets, throwIfNoneAnswers } from './observe.ts'
import { newestRelease, readRelease } from './records.ts'
import { diagnosticOf } from './say.ts'
import { askSignedIn } from './silence.ts'

export interface Asked {
  readonly subject: Subject
  readonly targets: readonly string[] | null
}

export const chosenTargets = (fleet: Fleet, names: readonly string[] | null): Fleet['targets'] =>
  fleet.targets.filter((t) => names === null || names.includes(t.name))

const lookAtAll = (asked: Asked, deps: EngineDeps, signal: AbortSignal): Promise<readonly Observed[]> =>
  observeStates(chosenTargets(asked.subject.fleet, asked.targets), asked.subject.app, deps, signal)

/** Where one target at least answers: for verbs that show what is there. */
export const lookAt = async (asked: Asked, deps: EngineDeps, signal: AbortSignal): Promise<readonly Observed[]> => {
  const observed = await lookAtAll(asked, deps, signal)
  throwIfNoneAnswers(observed, asked.targets)
  return observed
}

/** For reports of which a part may be missing. */
export const partly = (observed: readonly Observed[]): Partly => {
  const silent = observed.filter((o) => !o.state.reachable).map((o) => o.target.name)
  return silent.length === 0 ? {} : { unreachable: silent }
}

export const statusOf = async (asked: Asked, deps: EngineDeps, signal: AbortSignal): Promise<StatusReport> => {
  const observed = await lookAtAll(asked, deps, signal)
  const newest = await newestRelease(observed, asked.subject.app)
  const targets = observed.map((o) => targetStatus(o, newest))
  const daemon = observed.map((o) => o.state.facts.extra['daemonVersion']).find((v) => typeof v === 'string')
  return {
    app: asked.subject.app,
    release: inForce(observed),
    // A target that does not answer and owes nothing says nothing about the app.
    state: worstHealth(targets.filter((t) => t.reachable || t.owed || newest === null).map((t) => t.state)),
    targets,
    control: { active: false },
    daemon: { version: typeof daemon === 'string' ? daemon : null },
  }
}

const inForce = (observed: readonly Observed[]): number | null => {
  const current = observed.flatMap((o) => o.state.head?.current ?? [])
  return current.length === 0 ? null : Math.max(...current)
}

const targetStatus = (o: Observed, newest: Release | null): TargetStatus => {
  const { state, target } = o
  const release = state.head?.current ?? null
  const placed = newest?.placement.some((p) => p.target === target.name && p.count > 0) ?? false
  const shouldRun = placed || (newest?.owed ?? []).includes(target.name)
  const behind = newest !== null && newest.number > (release ?? 0) && state.head?.state !== 'healthy'
  return {
    name: target.name,
    provider: target.provider,
    reachable: state.reachable,
    observedAt: state.observedAt,
    state: healthOf(state),
    release,
    owed: shouldRun && (!state.reachable || behind) && !runsIt(state, newest),
    standby: { tier: 'none', release: null, ready: false, missing: [] },
    services: state.services.map(({ service, ...rest }) => ({ name: service, ...rest })),
    because: state.because,
  }
}

const runsIt = (state: TargetState, newest: Release | null): boolean =>
  state.reachable && state.head?.current === newest?.number

/** Pure: what a target is, by its services and its head. */
export const healthOf = (state: TargetState): Health => {
  if (!state.reachable) return 'unreachable'
  if (state.services.length === 0)
    return state.objects.some((o) => o.owner === 'ours' && o.guard === 'none') ? jobsHealth(state) : 'absent'
  if (state.objects.some((o) => o.owner === 'ours' && o.readiness.state === 'failed'))
    return anyReady(state) ? 'degraded' : 'failed'
  if (state.services.every((s) => s.ready >= s.desired))
    return state.objects.every((o) => o.owner === 'foreign' || o.readiness.state === 'ready')
      ? 'healthy'
      : 'progressing'
  return state.head?.state === 'deploying' || state.objects.some((o) => o.readiness.state === 'progressing')
    ? 'progressing'
    : 'degraded'
}

const jobsHealth = (state: TargetState): Health =>
  state.objects.some((o) => o.readiness.state === 'failed')
    ? 'failed'
    : state.objects.every((o) => o.readiness.state === 'ready')
      ? 'healthy'
      : 'progressing'

const anyReady = (state: TargetState): boolean => state.services.some((s) => s.ready > 0)

const RANK: readonly Health[] = ['failed', 'unreachable', 'degraded', 'progressing', 'healthy', 'absent']

export const worstHealth = (states: readonly Health[]): Health => RANK.find((h) => states.includes(h)) ?? 'absent'

export const replicasOf = async (asked: Asked, deps: EngineDeps, signal: AbortSignal): Promise<PsReport> => {
  const observed = await lookAt(asked, deps, signal)
  const replicas = observed.flatMap((o) => o.state.replicas)
  return {
    replicas: [...replicas].sort(
      (a, b) =>
        compare(a.service, b.service) ||
        compare(a.target, b.target) ||
        (a.slot ?? 0) - (b.slot ?? 0) ||
        compare(a.id, b.id),
    ),
    ...partly(observed),
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

export const releasesOf = async (asked: Asked, deps: EngineDeps, signal: AbortSignal): Promise<ReleasesReport> => {
  const observed = await lookAt(asked, deps, signal)
  const healthy = new Map<number, boolean>()
  for (const o of observed)
    for (const r of o.state.head?.releases ?? []) healthy.set(r.number, (healthy.get(r.number) ?? true) && r.healthy)
  const numbers = [...healthy.keys()].sort((a, b) => a - b)
  const found = await Promise.all(numbers.map((n) => readRelease(observed, asked.subject.app, n)))
  return {
    releases: found.flatMap((r) =>
      r === null ? [] : [reportOf(r, { healthy: healthy.get(r.number) ?? false, observed })],
    ),
    ...partly(observed),
  }
}

const reportOf = (
  r: Release,
  at: { readonly healthy: boolean; readonly observed: readonly Observed[] },
): ReleaseReport => ({
  number: r.number,
  id: r.id,
  createdAt: r.createdAt,
  by: r.by,
  source: r.source,
  message: r.message,
  from: r.from,
  healthy: at.healthy,
  images: r.images,
  targets: at.observed
    .filter((o) => o.state.head?.releases.some((e) => e.number === r.number))
    .map((o) => o.target.name),
})

export const historyOf = async (asked: Asked, deps: EngineDeps, signal: AbortSignal): Promise<HistoryReport> => {
  const observed = await lookAt(asked, deps, signal)
  const lists = await Promise.all(
    observed.filter((o) => o.state.reachable).map((o) => o.provider.records(o.target, asked.subject.app).history()),
  )
  const unique = new Map(lists.flat().map((e) => [`${e.at}/${e.action}/${e.by}`, e]))
  return { entries: [...unique.values()].sort((a, b) => compare(a.at, b.at)), ...partly(observed) }
}

export interface AppsSeen {
  readonly entries: readonly AppEntry[]
  /** Targets that did not answer: what lives there is not known. */
  readonly silent: readonly { readonly target: Target; readonly because: string }[]
}

export const appsSeen = async (fleet: Fleet, deps: EngineDeps, signal: AbortSignal): Promise<AppsSeen> => {
  const answers = await Promise.all(
    fleet.targets.map(async (target) => {
      const provider = await deps.provider(target.provider)
      return {
        target,
        answer: await askSignedIn({ provider, target }, (bounded) => provider.apps(target, bounded), deps, signal),
      }
    }),
  )
  const entries = answers.flatMap(({ answer }) => (answer.kind === 'answer' ? answer.value : []))
  return {
    entries: [...new Map(entries.map((e) => [`${e.app}/${e.target}`, e])).values()],
    silent: answers.flatMap(({ target, answer }) =>
      answer.kind === 'silent' ? [{ target, because: answer.because }] : [],
    ),
  }
}

export const appsOf = async (fleet: Fleet, deps: EngineDeps, signal: AbortSignal): Promise<AppsReport> => {
  const { entries, silent } = await appsSeen(fleet, deps, signal)
  const names = [...new Set(entries.map((e) => e.app))].sort()
  return {
    apps: names.map((name) => {
      const own = entries.filter((e) => e.app === name)
      return { name, origin: own[0]?.origin ?? '', targets: own.map((e) => e.target).sort() }
    }),
    ...(silent.length === 0 ? {} : { unreachable: silent.map((s) => s.target.name) }),
  }
}

export const checkTargets = (
  fleet: Fleet,
  names: readonly string[] | null,
  run: { readonly deps: EngineDeps; readonly signal: AbortSignal },
): Promise<readonly TargetChecks[]> =>
  Promise.all(
    chosenTargets(fleet, names).map(async (target): Promise<TargetChecks> => {
      try {
        const provider = await run.deps.provider(target.provider)
        await provider.signIn?.(target, run.signal)
        const checks = await provider.check(target, AbortSignal.any([run.signal, AbortSignal.timeout(10_000)]))
        return { target: target.name, provider: target.provider, reachable: true, checks }
      } catch (error) {
        const d = diagnosticOf(error)
        return {
          target: target.name,
          provider: target.provider,
          reachable: false,
          checks: [
            { name: 'reachable', ok: false, message: d.message, ...(d.hint === undefined ? {} : { hint: d.hint }) },
          ],
        }
      }
    }),
  )

export const nodesOf = async (
  fleet: Fleet,
  names: readonly string[] | null,
  run: { readonly deps: EngineDeps; readonly signal: AbortSignal },
): Promise<readonly NodeReport[]> => {
  const observed = await observeTargets(chosenTargets(fleet, names), '', run.deps, run.signal)
  return observed.map((o) => ({
    target: o.target.name,
    reachable: o.state.reachable,
    because: o.state.because ?? (o.capacity.kind === 'unknown' ? o.capacity.because : null),
    nodes: o.capacity.kind === 'known' ? o.capacity.nodes : [],
  }))
}
