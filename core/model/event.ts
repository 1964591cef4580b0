// What the engine tells while it works. The CLI renders these; with --json each is one line (DESIGN section 9).

export type EventType =
  | 'version'
  | 'plan'
  | 'action'
  | 'replica'
  | 'health'
  | 'wave'
  | 'log'
  | 'diagnostic'
  | 'confirm'
  | 'lock'
  | 'result'

export interface Event {
  readonly type: EventType
  readonly seq: number
  /** RFC 3339 UTC. */
  readonly time: string
  readonly app: string
  readonly target?: string
  readonly service?: string
  /** Stable: 'SP-I…' progress, 'SP…' findings. */
  readonly code: string
  readonly message: string
  readonly data?: unknown
}

export interface TargetOutcome {
  readonly name: string
  readonly outcome: 'done' | 'unchanged' | 'failed' | 'rolledBack' | 'owed' | 'skipped' | 'unreachable'
  readonly release: number | null
  readonly reason: string | null
}

export interface Result {
  readonly ok: boolean
  readonly exitCode: number
  readonly summary: {
    readonly targets: readonly TargetOutcome[]
    readonly leftBehind: readonly string[]
    readonly next: readonly string[]
  }
}
