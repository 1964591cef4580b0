// Input of the one differ. Everything provider-specific arrives as data or as a pure function.
import type { App } from '../model/app.ts'
import type { Diagnostic } from '../model/diagnostic.ts'
import type { Target } from '../model/fleet.ts'
import type { Because, NativeObject } from '../model/native-object.ts'
import type { Placement, Unplaceable } from '../model/placement.ts'
import type { Consent, Exposed, FieldChange, IfLost, PlanSummary } from '../model/plan.ts'
import type { ObservedObject, TargetState } from '../model/replica.ts'

export interface PlanTarget {
  readonly target: Target
  readonly state: TargetState
  /** What it should hold; [] = nothing of this app. */
  readonly rendered: readonly NativeObject[]
  readonly replaces: (live: ObservedObject, want: NativeObject) => Because | undefined
  readonly maxInFlight: number
  /** Ids of surplus objects that stay: configs and secrets of the previous healthy release. */
  readonly keep?: readonly string[]
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
  /** '<target>/<service>' → USD an hour of one replica there (`replicaPrices`); a target without any is not counted. */
  readonly prices: ReadonlyMap<string, number>
  /** The application, for positions in words and for which services must never run twice; absent for apps known by name only. */
  readonly definition?: App
  /** Only these services are touched, with the shared objects that they need; absent: all. */
  readonly only?: readonly string[] | null
  /** Services to replace even when unchanged. */
  readonly force?: readonly string[]
}

/** What `plan --json` prints, and all that is needed to render the plan in words. */
export interface PlanReport {
  readonly summary: PlanSummary
  readonly changes: readonly PlanChange[]
  readonly placements: readonly Placement[]
  readonly unplaceable: readonly Unplaceable[]
  readonly exposed: readonly Exposed[]
  readonly ifLost: readonly IfLost[]
  readonly diagnostics: readonly Diagnostic[]
}

export interface PlanChange {
  readonly target: string
  readonly scope: 'app' | 'target'
  readonly service: string | null
  readonly kind: string
  readonly name: string
  readonly action: string
  readonly because: string
  readonly consent: Consent
  readonly diff: readonly FieldChange[]
}

export interface SavedPlan {
  readonly schema: 'stormport-plan/1'
  readonly fingerprint: string
  readonly app: string
  readonly createdAt: string
  /** Action keys '<action> <target>/<id>', sorted. */
  readonly actions: readonly string[]
}
