// The answer of place and schedule: how many replicas go where, and why the others go nowhere.

export interface Placement {
  readonly service: string
  readonly target: string
  readonly pool: string | null
  readonly node: string | null
  readonly count: number
  /** '1-3' where the target has slots. */
  readonly slots: string | null
  readonly because: string
}

/** Equal refusals are tallied; at most 20 rows, then one row 'others'. */
export interface Refusal {
  readonly target: string
  readonly reason: string
  /** Nodes (or targets) that refused for this reason. */
  readonly count: number
  readonly example: string
}

export interface Unplaceable {
  readonly service: string
  readonly count: number
  readonly code: string
  readonly refusals: readonly Refusal[]
  readonly hint: string
}

/** What failover decided: sealed targets receive nothing and count as gone. */
export interface Assignment {
  readonly epoch: number
  readonly sealed: readonly string[]
}
