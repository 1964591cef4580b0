// What stops a change before anything is touched: findings, replicas that fit nowhere, a budget, a missing yes.
import { exitOf, StormportError } from '../errors.ts'
import type { Diagnostic } from '../model/diagnostic.ts'
import type { Unplaceable } from '../model/placement.ts'
import type { Action } from '../model/plan.ts'
import { consentOf } from '../plan/index.ts'
import type { EngineDeps } from './api.ts'
import type { Assembly } from './assemble.ts'
import type { Change, Situation } from './change.ts'

export interface Refused {
  readonly exitCode: number
  readonly diagnostics: readonly Diagnostic[]
}

/** null: nothing stands in the way. Diagnostics of the plan have been said already; only new ones are in the answer. */
export const refusal = (change: Change, situation: Situation): Refused | null => {
  const { plan } = situation.assembly
  const errors = plan.diagnostics.filter((d) => d.severity === 'error')
  if (errors.length > 0) return { exitCode: worstOf(errors), diagnostics: [] }
  if (change.request.infra === false && plan.actions.some((a) => a.scope === 'target'))
    return { exitCode: exitOf('Declined'), diagnostics: [noInfra(plan.actions.filter((a) => a.scope === 'target'))] }
  if (plan.unplaceable.length > 0 && !change.request.allowUnplaced)
    return { exitCode: exitOf('Unplaceable'), diagnostics: plan.unplaceable.map(unplaceableFinding) }
  const budget = situation.wanted.fleet.budget
  if (budget !== null && plan.summary.priceUsdPerHour.after > budget.maxUsdPerHour) {
    const message = `the plan costs ${plan.summary.priceUsdPerHour.after} USD an hour, the budget is ${budget.maxUsdPerHour}`
    return {
      exitCode: exitOf('Unplaceable'),
      diagnostics: [
        { code: 'SP3120', severity: 'error', message, hint: 'raise budget.maxUsdPerHour or lower replicas' },
      ],
    }
  }
  return null
}

const noInfra = (actions: readonly Action[]): Diagnostic => ({
  code: 'SP3140',
  severity: 'error',
  message: `--no-infra: ${actions.map((a) => `${a.kind} ${a.objectKind} ${a.name} on ${a.target}`).join(', ')} would be needed`,
  hint: 'leave --no-infra out, or have stormport target create do it first',
})

/** Conflicts of state outrank bad input; what fits nowhere comes last (DESIGN section 9, Exit). */
const worstOf = (errors: readonly Diagnostic[]): number => {
  const codes = errors.map(exitOfFinding)
  if (codes.includes(9)) return 9
  return codes.includes(3) ? 3 : (codes[0] ?? 3)
}

export const exitOfFinding = (d: Diagnostic): number => {
  if (d.code.startsWith('SP31')) return exitOf('Conflict')
  if (d.code === 'SP3202') return exitOf('Forbidden')
  if (d.code.startsWith('SP2')) return exitOf('Unplaceable')
  return exitOf('BadInput')
}

const unplaceableFinding = (u: Unplaceable): Diagnostic => ({
  code: u.code,
  severity: 'error',
  message: `${u.service}: ${u.count} ${u.count === 1 ? 'replica' : 'replicas'} cannot be placed: ${u.refusals.map((r) => `${r.target}: ${r.reason}${r.count > 1 ? ` (${r.count} nodes)` : ''}`).join('; ') || 'no target is allowed'}`,
  hint: u.hint,
  service: u.service,
})

/** Asks for every class beyond none that was not allowed on the command line; throws Declined when the answer is no. */
export const askConsent = async (
  change: Pick<Change, 'app' | 'request'>,
  assembly: Pick<Assembly, 'plan'>,
  deps: EngineDeps,
): Promise<void> => {
  const classes = consentOf(assembly.plan).filter(
    (c) => c.consent !== 'none' && !change.request.allow.includes(c.consent),
  )
  if (classes.length === 0) return
  const yes = await deps.confirm({ app: change.app, classes })
  if (!yes)
    throw new StormportError('Declined', 'declined; nothing was changed', {
      diagnostic: 'SP3130',
      source: 'user',
      hint: 'review with stormport plan',
    })
}
