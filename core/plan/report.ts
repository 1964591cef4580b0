// The plan as scripts read it (`plan --json`, DESIGN section 9) and as the command line renders it: no body, no live object.
import type { Plan } from '../model/plan.ts'
import type { PlanReport } from './types.ts'

export const planReport = (plan: Plan): PlanReport => ({
  summary: plan.summary,
  changes: plan.actions.map((a) => ({
    target: a.target,
    scope: a.scope,
    service: a.service,
    kind: a.objectKind,
    name: a.name,
    action: a.kind,
    because: a.because,
    consent: a.consent,
    diff: a.diff,
  })),
  placements: plan.placements,
  unplaceable: plan.unplaceable,
  exposed: plan.exposed,
  ifLost: plan.ifLost,
  diagnostics: plan.diagnostics,
})
