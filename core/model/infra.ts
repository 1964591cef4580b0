// What stands under the applications of a target: its cluster, networks, roles, pools and add-ons (scope 'target',
// DESIGN section 4). Data only: what was seen, and what pools are to be made of.
import type { Diagnostic } from './diagnostic.ts'
import type { Fleet, Pool, Target } from './fleet.ts'
import type { ObservedObject } from './replica.ts'
import type { Offering } from './resources.ts'

/** 'absent': no such cluster; 'progressing': it is being made, changed or removed; 'stopped': it answers to its cloud alone. */
export type ClusterPhase = 'absent' | 'progressing' | 'ready' | 'failed' | 'stopped'

export interface InfraState {
  readonly reachable: boolean
  /** False: something could not be read, so nothing is removed. */
  readonly complete: boolean
  /** Why not reachable or not complete, in words. */
  readonly because: string | null
  readonly observedAt: string
  /** The account or subscription that answered; null when it could not be asked. */
  readonly account: string | null
  readonly cluster: ClusterPhase
  /** Ours by the fleet's tags, and what stands under the names of ours without them ('foreign'). */
  readonly objects: readonly ObservedObject[]
  readonly pools: readonly LivePool[]
  readonly diagnostics: readonly Diagnostic[]
}

/** One native group of nodes that belongs to a pool of ours. */
export interface LivePool {
  readonly pool: string
  /** The cloud's name of it. */
  readonly group: string
  readonly capacityType: 'spot' | 'on-demand'
  readonly instanceTypes: readonly string[]
  /** Nodes that it has now. */
  readonly nodes: number
}

/** What a pool is made of, decided by core/catalog: one group for each way to buy, in the order of preference. */
export interface PoolPlan {
  readonly pool: Pool
  /** Empty for serverless pools, and where nothing fits. */
  readonly groups: readonly PoolGroup[]
}

export interface PoolGroup {
  readonly capacityType: 'spot' | 'on-demand'
  /** First choice first; spot groups take several, so that one shortage does not empty them. */
  readonly types: readonly Offering[]
  readonly because: string
}

/** Everything that rendering infrastructure needs, so that it is pure. */
export interface InfraSpec {
  readonly fleet: Fleet
  readonly target: Target
  readonly pools: readonly PoolPlan[]
  readonly live: InfraState
}
