// The difference between wanted and observed, as data that can be shown, saved, consented to and run.
import type { Diagnostic } from './diagnostic.ts'
import type { NativeObject } from './native-object.ts'
import type { Placement, Unplaceable } from './placement.ts'
import type { ObservedObject } from './replica.ts'

export type Consent = 'none' | 'apply' | 'expose' | 'spend' | 'destroy' | 'override'

export type ActionKind = 'prepare' | 'create' | 'update' | 'replace' | 'move' | 'scale' | 'remove'

/** One step on one object of one target. `object` is what is wanted (absent for remove), `live` what was seen. */
export interface Action {
  readonly kind: ActionKind
  readonly target: string
  readonly id: string
  readonly objectKind: string
  readonly name: string
  readonly service: string | null
  readonly scope: 'app' | 'target'
  readonly stage: number
  readonly because: string
  readonly consent: Consent
  readonly diff: readonly FieldChange[]
  readonly object: NativeObject | null
  readonly live: ObservedObject | null
  /** Targets that must be healthy before this step: what shrinks or goes here has grown there (make before break). */
  readonly awaits?: readonly string[]
  /** The same by service, and its mirror: 'ready' there before this shrinks, 'gone' there before this starts (break before make). */
  readonly needs?: readonly ServiceNeed[]
}

export interface ServiceNeed {
  readonly target: string
  readonly service: string
  readonly state: 'ready' | 'gone'
}

/** Secrets show as '(secret)' with `changed`. */
export interface FieldChange {
  readonly path: string
  readonly from: unknown
  readonly to: unknown
}

/**
 * Actions of one wave run in parallel. The waves of one target run in the order of the list, each when the one before has
 * been applied (not: become healthy) and what its actions need is there; the waves of different targets run side by side.
 */
export interface Wave {
  readonly target: string
  readonly stage: number
  readonly actions: readonly Action[]
}

export interface Exposed {
  readonly target: string
  readonly service: string
  readonly host: string
  readonly port: number | null
  /** Who can reach it: 'machine' | 'network' | 'internet'. */
  readonly reach: string
  /** 'expose' on a remote target that opens to more than its machine; makePlan fills it in. */
  readonly consent?: Consent
}

export interface IfLost {
  readonly target: string
  readonly services: readonly IfLostService[]
  readonly verdict: string
}

export interface IfLostService {
  readonly service: string
  readonly wanted: number
  readonly movesTo: readonly { readonly target: string; readonly replicas: number }[]
  readonly unplaced: number
  readonly mode: 'auto' | 'manual' | 'never'
  readonly because: string
  readonly needs: readonly string[]
}

export interface PlanSummary {
  readonly prepare: number
  readonly create: number
  readonly update: number
  readonly replace: number
  readonly move: number
  readonly scale: number
  readonly remove: number
  readonly unchanged: number
  readonly unplaceable: number
  readonly consent: readonly Consent[]
  readonly priceUsdPerHour: {
    readonly before: number
    readonly after: number
    readonly includes: readonly string[]
    readonly excludes: readonly string[]
    readonly asOf: string | null
  }
}

export interface Plan {
  /** Hash of app, fleet, heads and observed objects that the plan stands on: a saved plan is stale when it differs. */
  readonly fingerprint: string
  readonly app: string
  /** Newest release number over the reachable targets; null for a first deploy. */
  readonly baseRelease: number | null
  readonly summary: PlanSummary
  readonly actions: readonly Action[]
  readonly waves: readonly Wave[]
  readonly placements: readonly Placement[]
  readonly unplaceable: readonly Unplaceable[]
  /** Targets that should change but do not answer. */
  readonly owed: readonly string[]
  readonly exposed: readonly Exposed[]
  readonly ifLost: readonly IfLost[]
  readonly diagnostics: readonly Diagnostic[]
}
