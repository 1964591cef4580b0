// What placement has decided so far: counts, why, what found no place, and where volumes live. Written by the solver only.

import type { Diagnostic } from '../model/diagnostic.ts'
import type { Refusal, Unplaceable } from '../model/placement.ts'
import type { Member } from './member.ts'
import type { Site } from './site.ts'

export interface Shortfall {
  readonly count: number
  readonly code: string
  readonly hint: string
  readonly refusals: readonly Refusal[]
}

export interface Ledger {
  count(service: string, target: string): number
  total(service: string): number
  targetsOf(service: string): readonly string[]
  set(service: string, target: string, count: number, because?: string): void
  because(service: string, target: string): string
  fallShort(service: string, shortfall: Shortfall): void
  readonly volumeHome: Map<string, string>
  readonly diagnostics: Diagnostic[]
  unplaceable(members: readonly Member[]): readonly Unplaceable[]
}

export const createLedger = (sites: readonly Site[]): Ledger => {
  const counts = new Map<string, Map<string, number>>()
  const reasons = new Map<string, Map<string, string>>()
  const shortfalls = new Map<string, Shortfall>()
  const of = (service: string): Map<string, number> => {
    const known = counts.get(service) ?? new Map<string, number>()
    counts.set(service, known)
    return known
  }
  const order = sites.map((site) => site.name)
  return {
    count: (service, target) => counts.get(service)?.get(target) ?? 0,
    total: (service) => [...(counts.get(service)?.values() ?? [])].reduce((sum, count) => sum + count, 0),
    targetsOf: (service) => order.filter((target) => (counts.get(service)?.get(target) ?? 0) > 0),
    set: (service, target, count, because) => {
      if (count > 0) of(service).set(target, count)
      else of(service).delete(target)
      if (because !== undefined) reasons.set(service, (reasons.get(service) ?? new Map()).set(target, because))
    },
    because: (service, target) => reasons.get(service)?.get(target) ?? '',
    fallShort: (service, shortfall) => {
      if (shortfall.count > 0) shortfalls.set(service, shortfall)
      else shortfalls.delete(service)
    },
    volumeHome: new Map(),
    diagnostics: [],
    unplaceable: (members) =>
      members.flatMap(({ name }) =>
        shortfalls.has(name) ? [{ service: name, ...(shortfalls.get(name) as Shortfall) }] : [],
      ),
  }
}
