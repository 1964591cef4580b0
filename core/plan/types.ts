// Input of the one differ. Everything provider-specific arrives as data or as a pure function.
import type { Diagnostic } from '../model/diagnostic.ts'
import type { Target } from '../model/fleet.ts'
import type { Because, NativeObject } from '../model/native-object.ts'
import type { Exposed, IfLost } from '../model/plan.ts'
import type { Placement, Unplaceable } from '../model/placement.ts'
import type { ObservedObject, TargetState } from '../model/replica.ts'

export interface PlanTarget {
  readonly target: Target
  readonly state: TargetState
  /** What it should hold; [] = nothing of this app. */
  readonly rendered: readonly NativeObject[]
  readonly replaces: (live: ObservedObject, want: NativeObject) => Because | undefined
  readonly maxInFlight: number
  /** True: unreachable, or sealed by an assignment; it gets no actions. */
  readonly untouched: boolean
}

export interface PlanInput {
  readonly app: string
  readonly targets: readonly PlanTarget[]
  readonly placements: readonly Placement[]
  readonly unplaceable: readonly Unplaceable[]
  readonly owed: readonly string[]
  readonly exposed: readonly Exposed[]
  readonly ifLost: readonly IfLost[]
  readonly diagnostics: readonly Diagnostic[]
  readonly baseRelease: number | null
  /** Previous placement, to tell moves: service → target → count. */
  readonly previous: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** Objects to be removed on purpose (destroy): guards of class data need consent destroy. */
  readonly removing: 'surplus' | 'all' | 'allWithVolumes'
  /** Foreign or diverged things that the user allows to take over. */
  readonly allowOverride: boolean
  readonly prices: ReadonlyMap<string, number>
}
