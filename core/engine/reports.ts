// Reports of the verbs that explain what is live: why, pool list, metrics, plan --drift. The JSON of these verbs is these
// shapes as they stand.
import type { ProviderKind } from '../model/fleet.ts'
import type { Replica, Sample } from '../model/replica.ts'
import type { Resources } from '../model/resources.ts'
import type { TargetEvent } from '../model/target-event.ts'

export interface EventsRequest {
  readonly targets: readonly string[] | null
  readonly services: readonly string[]
  readonly follow: boolean
  readonly sinceMs: number | null
}

export interface WhyReport {
  readonly service: string
  readonly slot: number | null
  readonly phase: Replica['phase']
  /** RFC 3339; null: nothing of it is known yet. */
  readonly since: string | null
  readonly reason: string | null
  /** null: there is no replica, or nobody can see it. */
  readonly replica: string | null
  readonly target: string | null
  readonly node: string | null
  readonly ready: boolean
  readonly restarts: number
  readonly lastExit: Replica['lastExit']
  /** Who does not take it, each with one thing to do about it. */
  readonly refusals: readonly WhyRefusal[]
  /** Oldest first. */
  readonly events: readonly Pick<TargetEvent, 'at' | 'severity' | 'reason' | 'message' | 'count'>[]
  readonly lastLogs: readonly string[]
  readonly next: readonly string[]
}

export interface WhyRefusal {
  readonly target: string
  readonly pool: string | null
  readonly node: string | null
  readonly reason: string
  readonly fix: string
}

export interface PoolsReport {
  readonly targets: readonly TargetPools[]
}

export interface TargetPools {
  readonly target: string
  readonly provider: ProviderKind
  readonly reachable: boolean
  /** Why nothing is known of its pools; null: it is known. */
  readonly because: string | null
  readonly pools: readonly PoolReport[]
}

export interface PoolReport {
  readonly name: string
  /** Label by which its nodes are told; null: they are all in one pool. */
  readonly label: string | null
  readonly nodes: number
  readonly cordoned: number
  readonly zones: readonly string[]
  readonly total: Resources
  readonly free: Resources
  readonly gpus: readonly { readonly model: string; readonly total: number; readonly free: number }[]
  /** By the target's `prices:` or the nodes' own; null: nothing states a price. */
  readonly priceUsdPerHour: number | null
  /** Bounds of its autoscaler as stormport.yaml declares them. */
  readonly min: number | null
  readonly max: number | null
}

export interface Usage extends Sample {
  readonly target: string
  readonly slot: number | null
  /** What the release in force asks for and allows; null: it is not stated. */
  readonly requests: Amounts
  readonly limits: Amounts
}

export interface Amounts {
  readonly cpuMillis: number | null
  readonly memoryBytes: number | null
}

export interface MetricsReport {
  /** Targets that did not answer: their replicas are missing here. */
  readonly unreachable?: readonly string[]
  readonly samples: readonly Usage[]
}

export interface DriftReport {
  readonly drift: readonly DriftRow[]
  /** Targets that could not be compared, with the reason. */
  readonly unknown: readonly { readonly target: string; readonly because: string }[]
}

/** One field of a live object that is not as the release in force has it. */
export interface DriftRow {
  readonly target: string
  readonly service: string | null
  readonly kind: string
  readonly name: string
  /** '' : the object as a whole. */
  readonly field: string
  readonly want: unknown
  readonly live: unknown
  readonly manager: string | null
}
