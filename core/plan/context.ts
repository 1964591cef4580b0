// What the steps of planning share: the input, with the lookups that all of them need made once.
import type { Service } from '../model/app.ts'
import type { PlanInput, PlanTarget } from './types.ts'

export interface PlanContext {
  readonly input: PlanInput
  /** Services that are wanted on some target. */
  readonly wantedServices: ReadonlySet<string>
  /** Ids that are wanted on some target. */
  readonly wantedIds: ReadonlySet<string>
  /** Service → target → replicas, as placed now. */
  readonly counts: ReadonlyMap<string, ReadonlyMap<string, number>>
  /** Targets that get replicas at all. */
  readonly used: ReadonlySet<string>
  /** '<target>/<service>' and '<service>' of what runs already and is ours. */
  readonly live: ReadonlyMap<string, readonly string[]>
  /** Services as the files define them, where that is known. */
  readonly services: ReadonlyMap<string, Service>
}

export const planContext = (input: PlanInput): PlanContext => {
  const counts = new Map<string, Map<string, number>>()
  for (const p of input.placements) {
    const byTarget = counts.get(p.service) ?? new Map<string, number>()
    byTarget.set(p.target, (byTarget.get(p.target) ?? 0) + p.count)
    counts.set(p.service, byTarget)
  }
  const rendered = input.targets.flatMap((t) => t.rendered)
  return {
    input,
    counts,
    used: new Set(input.placements.filter((p) => p.count > 0).map((p) => p.target)),
    live: liveKinds(input),
    services: new Map(input.definition?.services.map((s) => [s.name, s])),
    wantedIds: new Set(rendered.map((o) => o.id)),
    wantedServices: new Set([
      ...counts.keys(),
      ...rendered.flatMap((o) => (o.service === undefined ? [] : [o.service])),
    ]),
  }
}

const liveKinds = (input: PlanInput): ReadonlyMap<string, readonly string[]> => {
  const kinds = new Map<string, string[]>()
  for (const t of input.targets)
    for (const o of t.state.objects) {
      if (o.owner !== 'ours' || o.service === undefined) continue
      for (const key of [o.service, `${t.target.name}/${o.service}`]) {
        const known = kinds.get(key)
        if (known === undefined) kinds.set(key, [o.kind])
        else known.push(o.kind)
      }
    }
  return kinds
}

/** A target that gets actions at all. */
export const isTouched = (t: PlanTarget): boolean => !t.untouched && t.state.reachable

/** Removing needs the whole picture. */
export const mayRemove = (t: PlanTarget): boolean => isTouched(t) && t.state.complete

export const placedOn = (context: PlanContext, service: string, target: string): number =>
  context.counts.get(service)?.get(target) ?? 0
