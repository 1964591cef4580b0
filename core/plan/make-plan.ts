// desired × observed → plan. The one differ of all verbs and all targets: pure, total, and the same answer for the same input.
import type { Diagnostic } from '../model/diagnostic.ts'
import type { Action, ActionKind, Exposed, Plan, PlanSummary, Wave } from '../model/plan.ts'
import { consentClasses, guardMassRemoval, withConsent, withDoorConsent } from './consent.ts'
import { type PlanContext, planContext } from './context.ts'
import { diffTarget } from './differ.ts'
import { fingerprintOf } from './fingerprint.ts'
import { movesOf, withMoves } from './moves.ts'
import { priceOf } from './prices.ts'
import type { PlanInput } from './types.ts'
import { wavesOf } from './waves.ts'

export const makePlan = (input: PlanInput): Plan => {
  const context = planContext(input)
  const diffs = input.targets.map((t) => diffTarget(t, context))
  const moves = movesOf(context)
  const ordered = withMoves(
    diffs.flatMap((d) => d.actions),
    moves,
    context,
  )
  const exposed = withDoorConsent(input.exposed, context)
  const guarded = guardMassRemoval(withConsent(ordered.actions, exposed, context), context)
  const waves = wavesOf(guarded.actions, moves)
  const actions = waves.flatMap((w) => w.actions)
  const findings = [...diffs.flatMap((d) => d.diagnostics), ...ordered.diagnostics, ...guarded.diagnostics]
  return assemble({ context, actions, waves, exposed, unchanged: diffs.reduce((n, d) => n + d.unchanged, 0), findings })
}

interface Parts {
  readonly context: PlanContext
  readonly actions: readonly Action[]
  readonly waves: readonly Wave[]
  readonly exposed: readonly Exposed[]
  readonly unchanged: number
  readonly findings: readonly Diagnostic[]
}

const assemble = (parts: Parts): Plan => {
  const { input } = parts.context
  return {
    fingerprint: fingerprintOf(input),
    app: input.app,
    baseRelease: input.baseRelease,
    summary: summaryOf(parts),
    actions: parts.actions,
    waves: parts.waves,
    placements: input.placements,
    unplaceable: input.unplaceable,
    owed: input.owed,
    exposed: parts.exposed,
    ifLost: input.ifLost,
    diagnostics: [...input.diagnostics, ...parts.findings],
  }
}

const summaryOf = ({ context, actions, exposed, unchanged }: Parts): PlanSummary => {
  const count = (kind: ActionKind): number => actions.filter((a) => a.kind === kind).length
  return {
    prepare: count('prepare'),
    create: count('create'),
    update: count('update'),
    replace: count('replace'),
    move: count('move'),
    scale: count('scale'),
    remove: count('remove'),
    unchanged,
    unplaceable: context.input.unplaceable.reduce((n, u) => n + u.count, 0),
    consent: consentClasses(actions, exposed),
    priceUsdPerHour: priceOf(context),
  }
}
