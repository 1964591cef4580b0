// What stands on a target and is no longer wanted there. Only what is ours, only when all was seen, and never data unless
// the user asked for exactly that.
import type { Diagnostic } from '../model/diagnostic.ts'
import type { Action } from '../model/plan.ts'
import type { ObservedObject } from '../model/replica.ts'
import { mayRemove, type PlanContext, placedOn } from './context.ts'
import type { PlanTarget } from './types.ts'

export interface Removals {
  readonly actions: readonly Action[]
  readonly diagnostics: readonly Diagnostic[]
}

export const removalsOf = (t: PlanTarget, context: PlanContext): Removals => {
  if (!mayRemove(t)) return { actions: [], diagnostics: [] }
  const wanted = new Set(t.rendered.map((o) => o.id))
  const surplus = t.state.objects.filter((o) => o.owner === 'ours' && !wanted.has(o.id) && concerned(o, t, context))
  const kept = surplus.filter((o) => o.guard === 'data' && context.input.removing !== 'allWithVolumes')
  const holdsData = kept.length > 0 || t.rendered.some((o) => o.guard === 'data')
  const going = surplus.filter((o) => !kept.includes(o) && !(o.guard === 'container' && holdsData && mayHoldVolumes(o)))
  return { actions: going.map((o) => removal(o, t, context)), diagnostics: kept.map((o) => keptNote(o, t)) }
}

const concerned = (o: ObservedObject, t: PlanTarget, context: PlanContext): boolean => {
  const { only, removing } = context.input
  if (removing !== 'surplus') return o.scope === 'app'
  if ((t.keep ?? []).includes(o.id)) return false
  return (only ?? null) === null || (o.service !== undefined && (only ?? []).includes(o.service))
}

/** A namespace or cluster takes its volumes with it; a network holds none. */
const mayHoldVolumes = (o: ObservedObject): boolean => o.kind.toLowerCase() !== 'network'

const removal = (live: ObservedObject, t: PlanTarget, context: PlanContext): Action => ({
  kind: 'remove',
  target: t.target.name,
  id: live.id,
  objectKind: live.kind,
  name: live.name,
  service: live.service ?? null,
  scope: live.scope,
  stage: live.stage,
  because: goneBecause(live, t, context),
  consent: 'none',
  diff: [],
  object: null,
  live,
})

const goneBecause = (live: ObservedObject, t: PlanTarget, context: PlanContext): string => {
  if (context.input.removing !== 'surplus')
    return live.guard === 'data' ? 'the application is destroyed with its data' : 'the application is destroyed'
  const next = successor(live, t)
  if (next !== null) return `replaced by ${next}`
  if (live.service === undefined)
    return context.wantedIds.has(live.id) ? `no longer needed on ${t.target.name}` : 'removed from the file'
  if (!context.wantedServices.has(live.service)) return 'removed from the file'
  return placedOn(context, live.service, t.target.name) > 0
    ? 'no longer needed'
    : `no longer placed on ${t.target.name}`
}

/** Immutable objects carry a hash at the end of their name: the one with another hash takes the place of this. */
const successor = (live: ObservedObject, t: PlanTarget): string | null => {
  const stem = stemOf(live.name)
  if (stem === null) return null
  return t.rendered.find((o) => o.kind === live.kind && o.name !== live.name && stemOf(o.name) === stem)?.name ?? null
}

const stemOf = (name: string): string | null => name.match(/^(.+)-[0-9a-f]{6,10}$/)?.[1] ?? null

/** True when the same content lives on: under a new hash, on another target, or as another object of a wanted service. */
export const livesOn = (a: Action, t: PlanTarget, context: PlanContext): boolean =>
  a.live !== null &&
  (successor(a.live, t) !== null ||
    context.wantedIds.has(a.id) ||
    (a.service !== null && context.wantedServices.has(a.service)))

const keptNote = (o: ObservedObject, t: PlanTarget): Diagnostic => ({
  code: 'SP3106',
  severity: 'note',
  message: `${o.kind} ${o.name} on ${t.target.name} stays, with its data`,
  hint: '`stormport destroy --volumes` removes it with the application',
  target: t.target.name,
})
