// The one way in which targets are changed: observe, decide, ask, lock, decide again, record, roll out, judge, record.
// deploy, scale, restart and rollback differ only in what they want and in what they write down.
import { StormportError, worstExit } from '../errors.ts'
import type { Diagnostic } from '../model/diagnostic.ts'
import type { Result, TargetOutcome } from '../model/event.ts'
import type { Fleet } from '../model/fleet.ts'
import type { Consent } from '../model/plan.ts'
import type { Head, Release } from '../model/release.ts'
import { covers, planReport } from '../plan/index.ts'
import type { Lease } from '../ports.ts'
import type { Common, EngineDeps } from './api.ts'
import { type AssembleInput, type Assembly, assemble } from './assemble.ts'
import { foldExits, type Verdict } from './finish.ts'
import { askConsent, refusal } from './gate.ts'
import { lookAtInfra } from './infra/look.ts'
import type { Shortages } from './infra/offers.ts'
import { type Raised, raiseInfra, withRaised } from './infra/raise.ts'
import { keptObjects } from './kept.ts'
import { withLocks } from './lock.ts'
import { type Observed, observeTargets, throwIfNoneAnswers } from './observe.ts'
import { entryOf, history, newestHeld } from './records.ts'
import { releaseTargets } from './release-targets.ts'
import { result, type Say, sayDiagnostics } from './say.ts'
import { settleUnchanged } from './unchanged.ts'
import type { Wanted } from './wanted.ts'

export interface Change {
  readonly verb: 'deploy' | 'scale' | 'restart' | 'rollback'
  readonly app: string
  readonly request: Common & {
    readonly allow: readonly Consent[]
    readonly rebalance: boolean
    readonly wait: boolean
    readonly allowUnplaced: boolean
    /** False: changes of clusters and pools are refused. */
    readonly infra?: boolean
  }
  readonly targets: Wanted['fleet']['targets']
  /** Whose clusters and pools are brought up first; null: what stands is used as it is. */
  readonly infra: Fleet | null
  /** null: the command started from the target's own release. */
  readonly origin: string | null
  readonly source: Release['source']
  readonly message: string | null
  readonly from: number | null
  /** What is wanted, given what is there. */
  readonly want: (
    observed: readonly Observed[],
    newest: Release | null,
  ) => Promise<{ readonly wanted: Wanted; readonly diagnostics: readonly Diagnostic[] }>
  /** False: the change stands in the head alone (scale, restart). */
  readonly makesRelease: boolean
  /** Written into each head together with the change. */
  readonly patchHead: (head: Head) => Head
  /** Throws StalePlan when a saved plan no longer holds. */
  readonly accept: (assembly: Assembly) => void
}

export interface Situation {
  readonly observed: readonly Observed[]
  readonly newest: Release | null
  /** Where that one was read. */
  readonly newestOn: string
  readonly wanted: Wanted
  readonly assembly: Assembly
}

export interface Running {
  readonly deps: EngineDeps
  readonly say: Say
  readonly signal: AbortSignal
  /** Instance types that could not be had in this run. */
  readonly shortages?: Shortages
}

/** 10 minutes, unless --timeout says otherwise (DESIGN section 9). */
export const deadlineOf = (request: Common, deps: EngineDeps): number =>
  deps.clock.now() + (request.timeoutMs ?? 600_000)

export const runChange = async (change: Change, given: Running): Promise<Result> => {
  const run: Running = { ...given, shortages: new Map() }
  const lookedMs = run.deps.clock.now()
  const before = await look(change, run, true)
  run.say('plan', 'SP-I3000', 'planned', { data: planReport(before.assembly.plan) })
  sayDiagnostics(run.say, before.assembly.plan.diagnostics)
  const refused = refusal(change, before)
  if (refused !== null) return finishRefused(refused, before, run.say)
  change.accept(before.assembly)
  if (nothingToDo(before)) return settleUnchanged(change, before, run)
  await askConsent(change, before.assembly, run.deps)
  const raised = await raiseInfra(change, before, run)
  if (raised === null) return changeWithLocks(change, { before, lookedMs }, run)
  return withRaised(raised, await changeRaised(change, { before, raised }, run))
}

/** Clusters and pools stand: what the app gets there is planned anew, and must be within what was consented to. */
const changeRaised = async (
  change: Change,
  { before, raised }: { readonly before: Situation; readonly raised: Raised },
  run: Running,
): Promise<Result | null> => {
  if (raised.standing.length === 0) return null
  const rest = { ...change, request: { ...change.request, targets: raised.standing } }
  const lookedMs = run.deps.clock.now()
  const now = await look(rest, run, true)
  const refused = refusal(rest, now)
  if (refused !== null) return finishRefused(refused, now, run.say)
  if (nothingToDo(now)) return settleUnchanged(rest, now, run)
  if (!covers(before.assembly.plan, now.assembly.plan)) throw notCovered(now)
  return changeWithLocks(rest, { before: now, lookedMs }, run)
}

const notCovered = (now: Situation): StormportError =>
  new StormportError(
    'StalePlan',
    `the clusters stand, and the plan now asks for more than was agreed to: ${now.assembly.plan.actions
      .filter((a) => a.consent !== 'none')
      .slice(0, 5)
      .map((a) => `${a.kind} ${a.objectKind} ${a.name} on ${a.target} (${a.consent})`)
      .join(', ')}`,
    {
      diagnostic: 'SP3105',
      source: 'user',
      hint: 'look at it with stormport plan and deploy again; the clusters stay',
    },
  )

const changeWithLocks = (
  change: Change,
  { before, lookedMs }: { readonly before: Situation; readonly lookedMs: number },
  run: Running,
): Promise<Result> => {
  const touched = reachableTouched(change, before)
  const locked = { app: change.app, targets: touched.map((o) => o.target), waitMs: change.request.lockWaitMs }
  return withLocks(locked, run.deps, {
    say: run.say,
    signal: run.signal,
    run: (signal, leases) => changeLocked(change, before, { run: { ...run, signal }, leases, lookedMs }),
  })
}

const changeLocked = async (change: Change, before: Situation, locked: Locked): Promise<Result> => {
  const { run } = locked
  const now = await situationLocked(change, before, locked)
  const refused = refusal(change, now)
  if (refused !== null) return finishRefused(refused, now, run.say)
  if (nothingToDo(now)) return settleUnchanged(change, now, run)
  if (!covers(before.assembly.plan, now.assembly.plan)) await askConsent(change, now.assembly, run.deps)
  const { verdicts, number } = await releaseTargets(change, now, run)
  const owed = now.assembly.plan.owed.length > 0
  const exitCode = foldExits(verdicts, owed, worstExit, { signal: run.signal })
  const touched = toBring(change, now)
  await history(touched, entryOf(run.deps, historyFields(change, { number, touched, exitCode })))
  const rest = reachableTouched(change, now).filter((o) => !touched.includes(o))
  return result(exitCode, [...verdicts.map((v) => v.outcome), ...rest.map(unchangedOutcome), ...owedOutcomes(now)], {
    next: nextCommands(change, exitCode),
  })
}

/** One look at everything and the decision that follows from it. */
export const look = async (change: Change, run: Running, preview: boolean): Promise<Situation> => {
  const shortages = run.shortages ?? new Map()
  const [seen, infra] = await Promise.all([
    observeTargets(change.targets, change.app, run.deps, run.signal),
    change.infra === null
      ? null
      : lookAtInfra({ fleet: change.infra, targets: change.targets, shortages }, run.deps, run.signal),
  ])
  throwIfNoneAnswers(seen, change.request.targets)
  const observed = seen.map((o) => {
    const under = infra?.get(o.target.name)
    return under === undefined ? o : { ...o, infra: under }
  })
  return decide(change, observed, preview)
}

const decide = async (change: Change, observed: readonly Observed[], preview: boolean): Promise<Situation> => {
  const held = await newestHeld(observed, change.app)
  const [newest, newestOn] = [held?.release ?? null, held?.target ?? '']
  const { wanted, diagnostics } = await change.want(observed, newest)
  const input: AssembleInput = {
    wanted,
    observed,
    touched: change.request.targets,
    rebalance: change.request.rebalance,
    assignment: null,
    allowOverride: change.request.allow.includes('override'),
    origin: change.origin,
    removing: 'surplus',
    lastKnown: lastKnownOf(newest),
    fixed: null,
    kept: await keptObjects(observed, change.app, 'forSame'),
    preview,
    findings: diagnostics,
  }
  const assembly = assemble(input)
  const goesOn = !change.makesRelease || continues(change, { newest, newestOn, assembly })
  if (assembly.plan.actions.length === 0 || goesOn) return { observed, newest, newestOn, wanted, assembly }
  const kept = await keptObjects(observed, change.app, 'forNew')
  if (sameKept(kept, input.kept)) return { observed, newest, newestOn, wanted, assembly }
  return { observed, newest, newestOn, wanted, assembly: assemble({ ...input, kept }) }
}

const sameKept = (a: AssembleInput['kept'], b: AssembleInput['kept']): boolean =>
  Object.keys({ ...a, ...b }).every((target) => (a[target] ?? []).join() === (b[target] ?? []).join())

export const lastKnownOf = (newest: Release | null): Record<string, Record<string, number>> => {
  const counts: Record<string, Record<string, number>> = {}
  for (const p of newest?.placement ?? [])
    counts[p.service] = { ...counts[p.service], [p.target]: (counts[p.service]?.[p.target] ?? 0) + p.count }
  return counts
}

const isTouched = (change: Change, o: Observed): boolean =>
  change.request.targets === null || change.request.targets.includes(o.target.name)

export const reachableTouched = (change: Change, situation: Situation): readonly Observed[] =>
  situation.observed.filter((o) => o.state.reachable && isTouched(change, o) && concerns(o, situation.assembly))

/** The same is wanted as by the newest release: it goes on under its number, where it is unfinished or owed. */
export const continues = (
  change: Pick<Change, 'verb'>,
  { newest, newestOn, assembly }: Pick<Situation, 'newest' | 'newestOn' | 'assembly'>,
): boolean => change.verb === 'deploy' && newest !== null && newest.specHash === assembly.specHash(newestOn)

/** Where a release is written and brought: one that goes on leaves the targets alone that have it. */
export const toBring = (change: Change, situation: Situation): readonly Observed[] => {
  const touched = reachableTouched(change, situation)
  return continues(change, situation) ? touched.filter((o) => !hasIt(o, situation)) : touched
}

const hasIt = ({ target, state }: Observed, { newest, assembly }: Situation): boolean =>
  state.head?.current === newest?.number &&
  state.head?.state === 'healthy' &&
  !assembly.plan.actions.some((a) => a.target === target.name)

/** Has objects of the app now, or shall have. */
const concerns = (o: Observed, assembly: Assembly): boolean =>
  (assembly.rendered.get(o.target.name) ?? []).length > 0 ||
  assembly.plan.actions.some((a) => a.target === o.target.name && a.scope === 'app')

const nothingToDo = (situation: Situation): boolean =>
  situation.assembly.plan.actions.length === 0 && !situation.observed.some((o) => unfinished(o, situation.assembly))

/** A client died before it could mark the head, or the release was kept for inspection. */
const unfinished = (o: Observed, assembly: Assembly): boolean =>
  o.state.head !== null &&
  (o.state.head.state === 'deploying' || o.state.head.state === 'failed') &&
  (assembly.rendered.get(o.target.name) ?? []).length > 0

interface Locked {
  readonly run: Running
  readonly leases: readonly Lease[]
  /** When the look began that was decided by. */
  readonly lookedMs: number
}

/** A prompt that was left open for long makes the look before it a memory. */
const FRESH_MS = 10_000

/**
 * What holds under the lock. Where nobody of us can have been there since the look, that look still holds, as it would for
 * what others do at any time; else everything is looked at again.
 */
const situationLocked = async (change: Change, before: Situation, locked: Locked): Promise<Situation> => {
  const { run, leases, lookedMs } = locked
  const touched = reachableTouched(change, before)
  const keys = await makeKeys(touched, change.app)
  const fresh = run.deps.clock.now() - lookedMs < FRESH_MS && leases.every((lease) => lease.uncontested === true)
  if (!fresh || !(await headsStand(touched, change.app))) return look(change, run, false)
  const keyed = before.observed.map((o) => {
    const secretKey = keys.get(o.target.name)
    return secretKey === undefined ? o : { ...o, state: { ...o.state, secretKey } }
  })
  return decide(change, keyed, false)
}

/** Every change moves the head before its first step and after its last; one that was cut off left it at 'deploying'. */
const headsStand = async (touched: readonly Observed[], app: string): Promise<boolean> => {
  const heads = await Promise.all(touched.map((o) => o.provider.records(o.target, app).head()))
  return touched.every(
    ({ state: { head } }, i) => head?.state !== 'deploying' && (head?.version ?? null) === (heads[i]?.version ?? null),
  )
}

/** Target → the key that it has now. */
const makeKeys = async (touched: readonly Observed[], app: string): Promise<ReadonlyMap<string, string>> => {
  const without = touched.filter((o) => o.state.secretKey === null)
  const made = await Promise.all(
    without.map(async (o) => [o.target.name, await o.provider.records(o.target, app).secretKey(true)] as const),
  )
  return new Map(made.flatMap(([name, key]) => (key === null ? [] : [[name, key] as const])))
}

const finishRefused = (
  refused: { readonly exitCode: number; readonly diagnostics: readonly Diagnostic[] },
  situation: Situation,
  say: Say,
): Result => {
  sayDiagnostics(say, refused.diagnostics)
  return result(
    refused.exitCode,
    situation.observed.map(
      (o): TargetOutcome => ({
        name: o.target.name,
        outcome: 'skipped',
        release: o.state.head?.current ?? null,
        reason: 'refused before anything was changed',
      }),
    ),
  )
}

const unchangedOutcome = (o: Observed): TargetOutcome => ({
  name: o.target.name,
  outcome: 'unchanged',
  release: o.state.head?.current ?? null,
  reason: null,
})

const owedOutcomes = (situation: Situation): readonly TargetOutcome[] =>
  situation.assembly.plan.owed.map((name) => {
    const o = situation.observed.find((x) => x.target.name === name)
    return {
      name,
      outcome: 'owed',
      release: o?.state.head?.current ?? null,
      reason: o?.state.because ?? 'not reachable',
    }
  })

const historyFields = (
  change: Change,
  done: { readonly number: number | null; readonly touched: readonly Observed[]; readonly exitCode: number },
): Parameters<typeof entryOf>[1] => ({
  action: change.verb,
  app: change.app,
  release: done.number,
  targets: done.touched.map((o) => o.target.name),
  source: change.source.commit,
  message: change.message,
  allowed: change.request.allow,
  because: null,
  result: done.exitCode === 0 ? 'done' : 'failed',
  exitCode: done.exitCode,
})

const nextCommands = (change: Change, exitCode: number): readonly string[] =>
  exitCode === 0
    ? []
    : exitCode === 7
      ? ['stormport deploy']
      : [`stormport logs -p ${change.app}`, `stormport status -p ${change.app}`]

export type { Verdict }
