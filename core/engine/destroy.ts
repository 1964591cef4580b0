// Takes an app away from its targets: every object of it, newest stage first; volumes stay unless asked for; then the
// releases and the head. What stays is listed. An app that is not there is already destroyed.
import { worstExit } from '../errors.ts'
import type { Result, TargetOutcome } from '../model/event.ts'
import { barePlan } from '../plan/index.ts'
import type { DestroyRequest, Subject } from './api.ts'
import type { Assembly } from './assemble.ts'
import { type Change, deadlineOf, type Running } from './change.ts'
import { type Ended, exitOfTarget, foldExits, isGood, reasonOf, sayFailure, type Verdict } from './finish.ts'
import { askConsent } from './gate.ts'
import { destroyTargets } from './infra/verbs.ts'
import { withLocks } from './lock.ts'
import { type Observed, observeStates, throwIfNoneAnswers } from './observe.ts'
import { rollOut } from './rollout.ts'
import { result } from './say.ts'

export const destroyApp = async (subject: Subject, request: DestroyRequest, run: Running): Promise<Result> => {
  const ended = await destroyObjects(subject, request, run)
  if (request.clusters !== true || !ended.ok) return ended
  const under = await destroyTargets(subject.fleet, { ...request, leaving: subject.app }, run)
  return {
    ...under,
    summary: { ...under.summary, leftBehind: [...ended.summary.leftBehind, ...under.summary.leftBehind] },
  }
}

const destroyObjects = async (subject: Subject, request: DestroyRequest, run: Running): Promise<Result> => {
  const observed = await look(subject, request, run)
  throwIfNoneAnswers(observed, request.targets)
  const there = observed.filter(isThere)
  const owed = observed.filter((o) => !o.state.reachable)
  if (there.length === 0) {
    run.say('health', 'SP-I4060', `${subject.app} is not deployed`)
    return result(owed.length > 0 ? 7 : 0, owed.map(silentOutcome))
  }
  await askConsent(changeOf(subject, request), { plan: planOf(subject.app, there, request) }, run.deps)
  const locked = { app: subject.app, targets: there.map((o) => o.target), waitMs: request.lockWaitMs }
  const verdicts = await withLocks(locked, run.deps, {
    say: run.say,
    signal: run.signal,
    run: (signal) => destroyEverywhere(subject, request, { ...run, signal }),
  })
  const left = leftBehind(there, request)
  if (left.length > 0) run.say('health', 'SP-I4061', `kept: ${left.join(', ')}`)
  const exitCode = foldExits(verdicts, owed.length > 0, worstExit, { signal: run.signal })
  return result(exitCode, [...verdicts.map((v) => v.outcome), ...owed.map(silentOutcome)], { leftBehind: left })
}

const silentOutcome = (o: Observed): TargetOutcome => ({
  name: o.target.name,
  outcome: 'unreachable',
  release: null,
  reason: o.state.because,
})

const look = async (subject: Subject, request: DestroyRequest, run: Running): Promise<readonly Observed[]> => {
  const targets = subject.fleet.targets.filter((t) => request.targets === null || request.targets.includes(t.name))
  return observeStates(targets, subject.app, run.deps, run.signal)
}

/** A deploy that was killed early has left its key alone. */
const isThere = ({ state }: Observed): boolean =>
  state.reachable &&
  (state.objects.some((object) => object.owner === 'ours') ||
    state.head !== null ||
    state.secretKey !== null ||
    state.replicas.length > 0)

const planOf = (app: string, observed: readonly Observed[], request: DestroyRequest): Assembly['plan'] =>
  barePlan({
    app,
    targets: observed.map((o) => ({
      target: o.target,
      state: o.state,
      rendered: [],
      replaces: () => undefined,
      maxInFlight: o.provider.capabilities.maxInFlight,
      untouched: false,
    })),
    removing: request.volumes ? 'allWithVolumes' : 'all',
    allowOverride: request.allow.includes('override'),
  })

const destroyEverywhere = async (
  subject: Subject,
  request: DestroyRequest,
  run: Running,
): Promise<readonly Verdict[]> => {
  const observed = (await look(subject, request, run)).filter(isThere)
  return Promise.all(
    observed.map(async (o): Promise<Verdict> => {
      const ended = await destroyOn(o, { subject, request, observed }, run)
      if (!isGood(ended)) sayFailure(ended, { name: subject.app, services: [] }, run.say)
      const name = o.target.name
      return {
        outcome: { name, outcome: isGood(ended) ? 'done' : 'failed', release: null, reason: reasonOf(ended) },
        exitCode: exitOfTarget(ended, run.signal),
      }
    }),
  )
}

const destroyOn = async (
  o: Observed,
  at: { readonly subject: Subject; readonly request: DestroyRequest; readonly observed: readonly Observed[] },
  run: Running,
): Promise<Ended> => {
  const { subject, request } = at
  try {
    const plan = planOf(subject.app, [o], request)
    const rollout = await rollOut(
      o,
      {
        app: subject.app,
        release: 0,
        plan,
        observed: at.observed,
        rendered: new Map(),
        wait: true,
        rollback: false,
        deadlineMs: deadlineOf(request, run.deps),
      },
      run.deps,
      run,
    )
    if (rollout.kind === 'ready') await o.provider.records(o.target, subject.app).remove()
    return { observed: o, rollout, error: null }
  } catch (error) {
    return { observed: o, rollout: null, error }
  }
}

const leftBehind = (observed: readonly Observed[], request: DestroyRequest): readonly string[] =>
  request.volumes
    ? []
    : observed.flatMap((o) =>
        o.state.objects
          .filter((object) => object.guard === 'data' && object.owner === 'ours')
          .map((object) => `${object.kind} ${object.name} on ${o.target.name}`),
      )

const changeOf = (subject: Subject, request: DestroyRequest): Pick<Change, 'app' | 'request'> => ({
  app: subject.app,
  request: { ...request, rebalance: false, wait: true, allowUnplaced: true },
})
