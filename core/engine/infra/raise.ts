// Before any app object: the clusters and pools of all targets that need it, side by side. What does not come up fails its
// target alone; the others go on.
import { exitOf, worstExit } from '../../errors.ts'
import type { Result, TargetOutcome } from '../../model/event.ts'
import type { Fleet } from '../../model/fleet.ts'
import { type Change, deadlineOf, type Running, type Situation } from '../change.ts'
import type { Verdict } from '../finish.ts'
import type { Observed } from '../observe.ts'
import { diagnosticOf, exitOfError, result } from '../say.ts'
import { bringUp } from './bring-up.ts'
import type { InfraLook } from './look.ts'

export interface Raised {
  /** Targets that the app may be brought to now. */
  readonly standing: readonly string[]
  readonly failed: readonly Verdict[]
}

/** null: nothing of this scope has to be done. */
export const raiseInfra = async (change: Change, situation: Situation, run: Running): Promise<Raised | null> => {
  const { infra } = change
  const { actions } = situation.assembly.plan
  const concerned = situation.observed.filter((o) =>
    actions.some((a) => a.target === o.target.name && a.scope === 'target'),
  )
  if (infra === null || concerned.length === 0) return null
  const verdicts = await Promise.all(concerned.map((o) => raiseOne(o, { change, infra }, run)))
  const failed = verdicts.filter((verdict) => verdict !== null)
  const names = new Set(failed.map((verdict) => verdict.outcome.name))
  const asked = change.request.targets ?? change.targets.map((target) => target.name)
  return { standing: asked.filter((name) => !names.has(name)), failed }
}

/** Clouds take their time: what a plan provisions is added to the deadline of the command. */
export const PROVISIONING_MS = 45 * 60_000

const raiseOne = async (
  { target, infra: look }: Observed,
  of: { readonly change: Change; readonly infra: Fleet },
  run: Running,
): Promise<Verdict | null> => {
  if (look === undefined) return null
  try {
    return await judged(look, of, run)
  } catch (error) {
    const finding = diagnosticOf(error)
    run.say('diagnostic', finding.code, finding.message, {
      target: target.name,
      data: { ...finding, target: target.name },
    })
    return verdict(target.name, finding.message, exitOfError(error, run.signal))
  }
}

const judged = async (
  look: InfraLook,
  { change, infra }: { readonly change: Change; readonly infra: Fleet },
  run: Running,
): Promise<Verdict | null> => {
  const { name } = look.target
  run.say('action', 'SP-I4072', `bringing up what ${name} runs on`, { target: name })
  const input = {
    fleet: infra,
    shortages: run.shortages ?? new Map(),
    deadlineMs: deadlineOf(change.request, run.deps) + PROVISIONING_MS,
    override: change.request.allow.includes('override'),
    purpose: 'declared' as const,
  }
  const settled = await bringUp(look, input, run)
  if (settled.kind === 'ready') {
    run.say('health', 'SP-I4073', `what ${name} runs on stands`, { target: name })
    return null
  }
  const reason = settled.reason
  const code = settled.kind === 'late' ? 'SP4011' : 'SP4010'
  const finding = {
    code,
    severity: 'error',
    message: `${name}: ${reason}`,
    hint: 'run stormport deploy again: it goes on where this ended',
  }
  run.say('diagnostic', code, finding.message, { target: name, data: { ...finding, target: name } })
  return verdict(name, reason, settled.kind === 'late' ? exitOf('Timeout') : exitOf('Unhealthy'))
}

const verdict = (name: string, reason: string, exitCode: number): Verdict => ({
  outcome: { name, outcome: 'failed', release: null, reason },
  exitCode,
})

/** What the app's part ended with, and the targets that did not come so far. */
export const withRaised = ({ failed }: Raised, rest: Result | null): Result => {
  if (failed.length === 0 && rest !== null) return rest
  const outcomes: readonly TargetOutcome[] = [
    ...(rest?.summary.targets ?? []).filter((row) => !failed.some((f) => f.outcome.name === row.name)),
    ...failed.map((f) => f.outcome),
  ]
  const good = rest !== null && rest.exitCode === 0
  // Some targets failed while another one has what it should have: exit 7 (DESIGN section 9).
  const exitCode = good
    ? exitOf('Unreachable')
    : worstExit([...failed.map((f) => f.exitCode), ...(rest === null ? [] : [rest.exitCode])])
  return result(exitCode, outcomes, { next: ['stormport deploy'] })
}
