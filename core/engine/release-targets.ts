// Rolls a decided change out over the targets: writes the release where it is to be, brings the groups of `rollout:` to it
// one after the other, judges each target for itself and takes a failed one back.

import { isStormportError } from '../errors.ts'
import type { Fleet, Target } from '../model/fleet.ts'
import type { HeadEntry, Release } from '../model/release.ts'
import { turnsOf } from '../plan/index.ts'
import { CHANGED } from './apply.ts'
import { type Change, continues, deadlineOf, type Running, type Situation, toBring } from './change.ts'
import { type Ended, exitOfTarget, isGood, markHead, reasonOf, sayFailure, type Verdict } from './finish.ts'
import type { Observed } from './observe.ts'
import { fleetForRelease, moveHead, openRelease } from './records.ts'
import { rollOut } from './rollout.ts'
import { diagnosticOf, exitOfAbort, type Say } from './say.ts'
import { takeBack } from './take-back.ts'
import { wantedOn } from './wanted.ts'

export interface Released {
  readonly verdicts: readonly Verdict[]
  readonly number: number | null
}

export const releaseTargets = async (change: Change, situation: Situation, run: Running): Promise<Released> => {
  const touched = toBring(change, situation)
  const entry = entryFor(change, situation, run)
  if (change.makesRelease) await openEverywhere(touched, { change, situation, entry }, run)
  for (const o of touched) await moveHead(o, change.app, change.patchHead)
  const ended: Ended[] = []
  let paused = false
  for (const group of groupsOf(touched, situation)) {
    if (paused) break
    const results = await Promise.all(group.map((o) => bring(o, { change, situation, number: entry.number }, run)))
    ended.push(...results)
    paused = results.some((e) => !isGood(e)) && situation.wanted.fleet.rollout.onFailure !== 'failed'
  }
  const verdicts = await judgeAll(ended, { change, situation, number: entry.number }, run)
  const skipped = touched.filter((o) => !ended.some((e) => e.observed === o))
  return { verdicts: [...verdicts, ...skipped.map(skippedVerdict)], number: change.makesRelease ? entry.number : null }
}

/** The newest release when it says the same (an unfinished or owed one goes on), else a new number. */
const entryFor = (change: Change, situation: Situation, run: Running): Pick<HeadEntry, 'number' | 'id'> => {
  const { newest, assembly } = situation
  if (!change.makesRelease) return { number: newest?.number ?? 0, id: newest?.id ?? '' }
  if (newest !== null && continues(change, situation)) return { number: newest.number, id: newest.id }
  return { number: assembly.nextNumber, id: run.deps.randomId() }
}

interface Opening {
  readonly change: Change
  readonly situation: Situation
  readonly entry: Pick<HeadEntry, 'number' | 'id'>
}

const openEverywhere = async (touched: readonly Observed[], opening: Opening, run: Running): Promise<void> => {
  const release = releaseOf(opening, run)
  const { wanted, assembly } = opening.situation
  const copyFor = (target: string): Release => ({
    ...release,
    app: wantedOn(wanted, target).app,
    specHash: assembly.specHash(target),
  })
  await Promise.all(touched.map((o) => openRelease(o, copyFor(o.target.name), o.state.secretKey)))
}

/** What is the same on every target. */
const releaseOf = ({ change, situation, entry }: Opening, run: Running): Omit<Release, 'app' | 'specHash'> => {
  const { wanted, assembly, newest } = situation
  const targets = wanted.fleet.targets
  return {
    ...entry,
    ...authorship({ change, situation, entry }, run),
    origin: change.origin ?? newest?.origin ?? '',
    fleet: fleetForRelease(targets, wanted.fleet),
    images: wanted.images,
    codeHashes: wanted.codeHashes,
    ...(wanted.imageFacts === undefined ? {} : { imageFacts: wanted.imageFacts }),
    inventory: Object.fromEntries(
      targets.map((t: Target) => [t.name, (assembly.rendered.get(t.name) ?? []).map((object) => object.id)]),
    ),
    placement: assembly.placement.placements,
    ...(assembly.placement.owed.length === 0 ? {} : { owed: assembly.placement.owed }),
    identities: identitiesOf(situation, entry),
  }
}

/** A release that goes on is the same one: who made it and when is said already. */
const authorship = (
  { change, situation: { newest }, entry }: Opening,
  run: Running,
): Pick<Release, 'parent' | 'createdAt' | 'by' | 'source' | 'message' | 'from'> => {
  if (newest?.id === entry.id) {
    const { parent, createdAt, by, source, message, from } = newest
    return { parent, createdAt, by, source, message, from }
  }
  return {
    parent: newest?.id ?? null,
    createdAt: new Date(run.deps.clock.now()).toISOString(),
    by: run.deps.by,
    source: change.source,
    message: change.message,
    from: change.from,
  }
}

/** A target that does not answer keeps the identity that it is known by. */
const identitiesOf = ({ observed, assembly, newest }: Situation, entry: Opening['entry']): Release['identities'] => ({
  ...(newest?.id === entry.id ? newest.identities : silentIdentities(observed, newest)),
  ...Object.fromEntries(
    observed
      .filter((o) => o.state.reachable && (assembly.rendered.get(o.target.name) ?? []).length > 0)
      .map((o) => [o.target.name, o.state.identity]),
  ),
})

const silentIdentities = (observed: readonly Observed[], newest: Release | null): Release['identities'] =>
  Object.fromEntries(
    observed
      .filter((o) => !o.state.reachable)
      .flatMap((o) => {
        const known = newest?.identities[o.target.name]
        return known === undefined ? [] : [[o.target.name, known]]
      }),
  )

/**
 * `rollout.order`: all at once, one after the other, or the listed groups; targets that no group names come last. Targets
 * that wait for each other run together.
 */
const groupsOf = (touched: readonly Observed[], situation: Situation): readonly (readonly Observed[])[] => {
  const names = touched.map((o) => o.target.name)
  const turns = turnsOf(askedGroups(names, situation.wanted.fleet.rollout.order), situation.assembly.plan.actions)
  return turns.map((turn) => touched.filter((o) => turn.includes(o.target.name))).filter((group) => group.length > 0)
}

const askedGroups = (names: readonly string[], order: Fleet['rollout']['order']): readonly (readonly string[])[] => {
  if (order === 'parallel') return [names]
  if (order === 'sequential') return names.map((name) => [name])
  return [...order, names.filter((name) => !order.flat().includes(name))]
}

interface Bringing {
  readonly change: Change
  readonly situation: Situation
  readonly number: number
}

/** Without a release of its own a change belongs to what is in force there, whatever was tried since. */
const numberOn = (o: Observed, { change, number }: Bringing): number =>
  change.makesRelease ? number : (o.state.head?.current ?? number)

const bring = async (o: Observed, bringing: Bringing, run: Running): Promise<Ended> => {
  const { change, situation } = bringing
  const input = {
    app: change.app,
    release: numberOn(o, bringing),
    plan: situation.assembly.plan,
    observed: situation.observed,
    rendered: situation.assembly.rendered,
    wait: change.request.wait,
    rollback: change.verb === 'rollback',
    override: change.request.allow.includes('override'),
    deadlineMs: deadlineOf(change.request, run.deps),
  }
  let changed = false
  const say: Say = (type, code, message, about) => {
    changed ||= code === CHANGED
    run.say(type, code, message, about)
  }
  try {
    return { observed: o, rollout: await rollOut(o, input, run.deps, { say, signal: run.signal }), error: null }
  } catch (error) {
    return { observed: o, rollout: null, error, changed }
  }
}

const judgeAll = async (ended: readonly Ended[], bringing: Bringing, run: Running): Promise<readonly Verdict[]> => {
  const anyBad = ended.some((e) => !isGood(e))
  const allBack = anyBad && bringing.situation.wanted.fleet.rollout.onFailure === 'all'
  return Promise.all(ended.map((e) => judge(e, { ...bringing, backToo: allBack }, run)))
}

const judge = async (ended: Ended, input: Bringing & { readonly backToo: boolean }, run: Running): Promise<Verdict> => {
  const number = numberOn(ended.observed, input)
  const name = ended.observed.target.name
  if (run.signal.aborted) return judgeStopped(ended, number, run)
  const good = isGood(ended)
  if (good && !input.backToo) return judgeGood(ended, input, run)
  if (!good) sayFailure(ended, input.situation.wanted.app, run.say)
  const back = await takeBackOrMark(ended, input, run)
  const exitCode = good ? 6 : exitOfTarget(ended, run.signal)
  const reason = good ? 'taken back because another target failed' : reasonOf(ended)
  return {
    outcome: { name, outcome: back === null ? 'failed' : 'rolledBack', release: back ?? number, reason },
    exitCode,
  }
}

/** Nothing is written any more: the user wants to leave, or another command is at work there. */
const judgeStopped = (ended: Ended, number: number, { say, signal }: Running): Verdict => {
  const { name } = ended.observed.target
  const { reason } = signal
  const lost = isStormportError(reason) && reason.code !== 'Aborted'
  if (lost) {
    const d = diagnosticOf(reason)
    say('diagnostic', d.code, d.message, { target: name, data: { ...d, target: name } })
  }
  const why = lost ? reason.message : 'interrupted'
  const outcome = { name, outcome: 'failed', release: number, reason: `${why}; the target goes on by itself` } as const
  return { outcome, exitCode: exitOfAbort(signal) }
}

const judgeGood = async (ended: Ended, input: Bringing, run: Running): Promise<Verdict> => {
  const { change, situation } = input
  const number = numberOn(ended.observed, input)
  const name = ended.observed.target.name
  try {
    await markHead(ended, change.app, number, change.request.wait)
  } catch (error) {
    const failed = { ...ended, error }
    sayFailure(failed, situation.wanted.app, run.say)
    const outcome = { name, outcome: 'failed', release: number, reason: reasonOf(failed) } as const
    return { outcome, exitCode: exitOfTarget(failed, run.signal) }
  }
  run.say('health', 'SP-I4040', `release ${number} is ${change.request.wait ? 'healthy' : 'applied'} on ${name}`, {
    target: name,
  })
  return { outcome: { name, outcome: 'done', release: number, reason: null }, exitCode: 0 }
}

/** A target that cannot be written to says so once: its head stays as it is, and the next deploy goes on from there. */
const takeBackOrMark = async (ended: Ended, input: Bringing, run: Running): Promise<number | null> => {
  const { change, situation } = input
  const number = numberOn(ended.observed, input)
  if (isStormportError(ended.error) && UNANSWERED.has(ended.error.code)) return null
  const back = await takeBack(ended.observed, { change, situation, failed: number }, run)
  if (back !== null) return back
  try {
    await markHead(ended, change.app, number, change.request.wait)
  } catch (error) {
    const d = diagnosticOf(error)
    const { name } = ended.observed.target
    run.say('diagnostic', d.code, `could not note on ${name} that it failed: ${d.message}`, { target: name, data: d })
  }
  return null
}

const UNANSWERED: ReadonlySet<string> = new Set(['Unreachable', 'Unauthenticated'])

const skippedVerdict = (o: Observed): Verdict => ({
  outcome: {
    name: o.target.name,
    outcome: 'skipped',
    release: o.state.head?.current ?? null,
    reason: 'an earlier target failed',
  },
  exitCode: 0,
})
