// What a target itself says of an app's objects: one shape for the events of a cluster and those of the local daemon.

export interface TargetEvent {
  /** RFC 3339 UTC, in milliseconds, so that events of several targets sort as text: when it was seen last. */
  readonly at: string
  readonly target: string
  readonly service: string | null
  /** Id of the replica that it is about, and its slot where the target has slots. */
  readonly replica: string | null
  readonly slot: number | null
  readonly object: { readonly kind: string; readonly name: string }
  readonly severity: 'normal' | 'warning'
  /** One word: 'FailedScheduling', 'Started'. */
  readonly reason: string
  readonly message: string
  /** How often it was seen. */
  readonly count: number
}
