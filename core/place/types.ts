// Which target gets how many replicas: input and answer of placeApp, and of the what-if over lost targets.
import type { App } from '../model/app.ts'
import type { Diagnostic } from '../model/diagnostic.ts'
import type { Fleet } from '../model/fleet.ts'
import type { Assignment, Placement, Unplaceable } from '../model/placement.ts'
import type { Capacity } from '../model/resources.ts'

export interface PlaceTarget {
  readonly name: string
  readonly reachable: boolean
  readonly capacity: Capacity
  /** Replicas that it has now (observed, or last known when unreachable), by service. */
  readonly current: Readonly<Record<string, number>>
  /** Volume keys of the app that exist there with data of ours. */
  readonly volumes: readonly string[]
  /** Services that this target cannot run at all, with the reason in words (host process without process driver, …). */
  readonly refuses: Readonly<Record<string, { readonly code: string; readonly reason: string; readonly hint: string }>>
}

export interface PlaceInput {
  readonly app: App
  readonly fleet: Fleet
  /** In fleet order. */
  readonly targets: readonly PlaceTarget[]
  readonly assignment: Assignment | null
  /** Manual counts (`scale`), over the file's. */
  readonly scaled: Readonly<Record<string, number>>
  readonly rebalance: boolean
  readonly seed: number
}

export interface PlaceResult {
  /** Service → target → count; every service is there, targets with 0 are left out. */
  readonly counts: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** Service → target → host → address, where `reach` stands in for a peer. */
  readonly reach: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, string>>>>>>
  /**
   * Service → target → replicas of a standby where it may run but does not (DESIGN section 5): 0 for pilot. Not part of
   * counts. Absent or empty: nothing is prepared.
   */
  readonly standby?: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly placements: readonly Placement[]
  readonly unplaceable: readonly Unplaceable[]
  /** Unreachable targets that should change or run replicas. */
  readonly owed: readonly string[]
  readonly diagnostics: readonly Diagnostic[]
}
