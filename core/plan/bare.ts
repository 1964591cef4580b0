// A plan about objects alone: nothing is placed, nothing priced, no release stands behind it. For what is destroyed, and for
// what stands under applications.
import type { Plan } from '../model/plan.ts'
import { makePlan } from './make-plan.ts'
import type { PlanInput } from './types.ts'

export const barePlan = (input: Pick<PlanInput, 'app' | 'targets' | 'removing' | 'allowOverride'>): Plan =>
  makePlan({
    ...input,
    placements: [],
    unplaceable: [],
    owed: [],
    exposed: [],
    ifLost: [],
    diagnostics: [],
    baseRelease: null,
    previous: {},
    prices: new Map(),
  })
