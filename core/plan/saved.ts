// Plans that are kept in a file: enough to tell, at deploy time, that the same plan would be made again, and if not, why.
import { StormportError } from '../errors.ts'
import type { Action, Plan } from '../model/plan.ts'
import type { SavedPlan } from './types.ts'

export const savedPlan = (plan: Plan, createdAt: string): SavedPlan => ({
  schema: 'stormport-plan/1',
  fingerprint: plan.fingerprint,
  app: plan.app,
  createdAt,
  actions: plan.actions.map(actionKey).sort(),
})

export const actionKey = (a: Action): string => `${a.kind} ${a.target}/${a.id}`

/** What differs, in words; empty: the saved plan still holds. */
export const checkSaved = (saved: SavedPlan, plan: Plan): readonly string[] => {
  if (saved.schema !== 'stormport-plan/1')
    return [`its format ${String(saved.schema)} is not one that this version reads`]
  if (saved.app !== plan.app) return [`it is for ${saved.app}, not for ${plan.app}`]
  const now = plan.actions.map(actionKey).sort()
  const added = now.filter((key) => !saved.actions.includes(key)).map((key) => `now also: ${key}`)
  const dropped = saved.actions.filter((key) => !now.includes(key)).map((key) => `no longer: ${key}`)
  if (added.length + dropped.length > 0) return [...dropped, ...added]
  return saved.fingerprint === plan.fingerprint
    ? []
    : ['the files, a release or an object that it stands on has changed']
}

/** Throws 'StalePlan' (SP3105, exit 9) unless the saved plan still holds. */
export const assertFresh = (saved: SavedPlan, plan: Plan): void => {
  const differences = checkSaved(saved, plan)
  if (differences.length === 0) return
  const shown = differences.slice(0, 5).join('; ')
  const more = differences.length > 5 ? `; and ${differences.length - 5} more` : ''
  throw new StormportError('StalePlan', `the saved plan is stale: ${shown}${more}`, {
    diagnostic: 'SP3105',
    source: 'user',
    retry: 'no',
    hint: 'make a new one: stormport plan --out FILE',
  })
}
