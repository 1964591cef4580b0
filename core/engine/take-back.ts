// Takes one target back to its previous healthy release after a failed rollout: the objects of that release as they were,
// counts included. What cannot come back (volumes, secrets that are gone) stays and is said.

import type { Placement } from '../model/placement.ts'
import type { Release } from '../model/release.ts'
import { appFromJson, appToJson } from '../model/release-json.ts'
import type { PlaceResult } from '../place/types.ts'
import { assemble } from './assemble.ts'
import { type Change, deadlineOf, type Running, type Situation } from './change.ts'
import { newestHealthy } from './heads.ts'
import { keptObjects } from './kept.ts'
import { type Observed, observeTarget } from './observe.ts'
import { moveHead } from './records.ts'
import { rollOut } from './rollout.ts'
import { diagnosticOf } from './say.ts'
import { restartsOf, type Wanted } from './wanted.ts'

export interface TakeBackInput {
  readonly change: Change
  readonly situation: Situation
  /** Number that failed. */
  readonly failed: number
}

/** The number that is in force again, or null when nothing was taken back (kept for inspection). */
export const takeBack = async (o: Observed, input: TakeBackInput, run: Running): Promise<number | null> => {
  if (!wantsBack(input)) return null
  const target = o.target.name
  try {
    const release = await previousOf(o, input)
    if (release === null) return null
    run.say('action', 'SP-I4050', `taking ${target} back to release ${release.number}`, { target })
    const done = await bringBack(o, release, input, run)
    if (!done) return null
    run.say('action', 'SP-I4051', `${target} is back on release ${release.number}, healthy`, { target })
    return release.number
  } catch (error) {
    const d = diagnosticOf(error)
    run.say('diagnostic', d.code, `could not take ${target} back: ${d.message}`, { target, data: d })
    return null
  }
}

/** Pure: the services' own failure action, else --on-failure, else yes. */
const wantsBack = ({ change, situation }: TakeBackInput): boolean => {
  if (change.verb === 'scale' || change.verb === 'restart') return false
  const stated = situation.wanted.app.services.map((s) => s.update.failureAction).filter((a) => a !== null)
  if (stated.includes('rollback')) return true
  if (stated.length > 0 && stated.length === situation.wanted.app.services.length) return false
  return situation.wanted.onFailure === null || situation.wanted.onFailure === 'rollback'
}

const previousOf = async (o: Observed, input: TakeBackInput): Promise<Release | null> => {
  const records = o.provider.records(o.target, input.change.app)
  const head = await records.head()
  const entry = head === null ? undefined : newestHealthy(head.releases.filter((r) => r.number !== input.failed))
  return entry === undefined ? null : records.read(entry.number)
}

const bringBack = async (o: Observed, release: Release, input: TakeBackInput, run: Running): Promise<boolean> => {
  const { change, situation } = input
  const seen = await observeTarget(o.target, change.app, run.deps, run.signal)
  const wanted: Wanted = {
    app: appFromJson(appToJson(release.app)),
    fleet: situation.wanted.fleet,
    images: release.images,
    codeHashes: release.codeHashes,
    ...(release.imageFacts === undefined ? {} : { imageFacts: release.imageFacts }),
    scaled: {},
    restarts: restartsOf([seen.state.head]),
    onFailure: 'pause',
  }
  const assembly = assemble({
    wanted,
    observed: [seen],
    touched: null,
    rebalance: false,
    assignment: null,
    allowOverride: true,
    origin: change.origin,
    removing: 'surplus',
    lastKnown: {},
    fixed: placementOf(release.placement, situation.assembly.placement.reach),
    kept: await keptObjects([seen], change.app, 'forNew'),
    preview: false,
    findings: [],
  })
  const rollout = await rollOut(
    seen,
    {
      app: change.app,
      release: release.number,
      plan: assembly.plan,
      observed: [seen],
      rendered: assembly.rendered,
      wait: true,
      rollback: true,
      deadlineMs: Math.max(deadlineOf(change.request, run.deps), run.deps.clock.now() + 60_000),
    },
    run.deps,
    { say: () => undefined, signal: run.signal },
  )
  if (rollout.kind !== 'ready') return false
  await moveHead(seen, change.app, (head) => ({
    ...head,
    version: head.version + 1,
    current: release.number,
    state: 'healthy',
  }))
  return true
}

const placementOf = (placements: readonly Placement[], reach: PlaceResult['reach']): PlaceResult => {
  const counts: Record<string, Record<string, number>> = {}
  for (const p of placements)
    counts[p.service] = { ...counts[p.service], [p.target]: (counts[p.service]?.[p.target] ?? 0) + p.count }
  return { counts, reach, placements, unplaceable: [], owed: [], diagnostics: [] }
}
