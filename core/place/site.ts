// A target as placement fills it: known capacity asks the scheduler what still fits; unknown capacity counts as fitting
// (or, for a proof, as none); a target that does not answer is never asked.

import type { Target } from '../model/fleet.ts'
import type { Refusal } from '../model/placement.ts'
import { createPool, type Pool, type ReplicaClass } from '../schedule/index.ts'
import type { PlaceTarget } from './types.ts'

export interface Site extends Omit<Pool, 'eligibleNodes'> {
  readonly name: string
  readonly target: Target | undefined
  readonly place: PlaceTarget
  readonly reachable: boolean
  readonly sealed: boolean
  readonly capacityKnown: boolean
  /** null: cannot be counted. */
  eligibleNodes(cls: ReplicaClass): number | null
}

export interface SiteInput {
  readonly place: PlaceTarget
  readonly target: Target | undefined
  readonly sealed: boolean
  readonly classes: readonly ReplicaClass[]
  readonly seed: number
  /** unknown capacity: fits (placement) or none (proof). */
  readonly unknownCapacity: 'fits' | 'none'
}

export const createSite = (input: SiteInput): Site => {
  const { place, target, sealed } = input
  const base = { name: place.name, target, place, reachable: place.reachable, sealed }
  if (place.reachable && place.capacity.kind === 'known') {
    return {
      ...base,
      capacityKnown: true,
      ...createPool({ target: place.name, nodes: place.capacity.nodes, classes: input.classes, seed: input.seed }),
    }
  }
  const fits = input.unknownCapacity === 'fits'
  const reason = place.reachable
    ? `capacity is unknown (${place.capacity.kind === 'unknown' ? place.capacity.because : ''})`
    : 'the target does not answer'
  return { ...base, capacityKnown: false, ...uncounted(fits, { target: place.name, reason, count: 1, example: '' }) }
}

const uncounted = (
  fits: boolean,
  refusal: Refusal,
): Omit<Site, 'name' | 'target' | 'place' | 'reachable' | 'sealed' | 'capacityKnown'> => ({
  add: (_, count) => (fits ? count : 0),
  free: () => undefined,
  eligibleNodes: () => null,
  refusals: () => [refusal],
  mark: () => 0,
  rollback: () => undefined,
})
