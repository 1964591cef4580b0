// A change with nothing to do: no release, no lock, no write. It still tells the truth about health, and what is owed.
import { worstExit } from '../errors.ts'
import type { Result, TargetOutcome } from '../model/event.ts'
import { type Change, deadlineOf, type Running, reachableTouched, type Situation } from './change.ts'
import { type Ended, exitOfTarget, foldExits, isGood, reasonOf, sayFailure } from './finish.ts'
import { rollOut } from './rollout.ts'
import { result } from './say.ts'

export const settleUnchanged = async (change: Change, situation: Situation, run: Running): Promise<Result> => {
  const touched = reachableTouched(change, situation)
  const ended = await Promise.all(touched.map((o) => waitFor(o, { change, situation }, run)))
  for (const e of ended) if (!isGood(e)) sayFailure(e, situation.wanted.app, run.say)
  const verdicts = ended.map((e) => ({ outcome: outcomeOf(e), exitCode: exitOfTarget(e, run.signal) }))
  const { owed } = situation.assembly.plan
  const exitCode = foldExits(verdicts, owed.length > 0, worstExit, { signal: run.signal })
  const owedRows = owed.map(
    (name): TargetOutcome => ({ name, outcome: 'owed', release: null, reason: 'not reachable' }),
  )
  if (exitCode === 0) run.say('health', 'SP-I4041', 'nothing to change')
  return result(exitCode, [...verdicts.map((v) => v.outcome), ...owedRows])
}

const waitFor = async (
  o: Ended['observed'],
  of: { readonly change: Change; readonly situation: Situation },
  run: Running,
): Promise<Ended> => {
  const { change, situation } = of
  try {
    const input = {
      app: change.app,
      release: o.state.head?.current ?? 0,
      plan: { ...situation.assembly.plan, waves: [] },
      observed: situation.observed,
      rendered: situation.assembly.rendered,
      wait: change.request.wait,
      rollback: false,
      deadlineMs: deadlineOf(change.request, run.deps),
    }
    return { observed: o, rollout: await rollOut(o, input, run.deps, run), error: null }
  } catch (error) {
    return { observed: o, rollout: null, error }
  }
}

const outcomeOf = (e: Ended): TargetOutcome => ({
  name: e.observed.target.name,
  outcome: isGood(e) ? 'unchanged' : 'failed',
  release: e.observed.state.head?.current ?? null,
  reason: reasonOf(e),
})
