// What is seen running, normalised over all targets.
import type { Diagnostic } from './diagnostic.ts'
import type { Head } from './release.ts'

export type Phase =
  | 'pending'
  | 'pulling'
  | 'starting'
  | 'running'
  | 'ready'
  | 'unhealthy'
  | 'stopping'
  | 'exited'
  | 'failed'
  | 'lost'
  | 'unknown'

/** State of an app or of a target. */
export type Health = 'healthy' | 'progressing' | 'degraded' | 'failed' | 'unreachable' | 'absent'

export interface Replica {
  readonly id: string
  readonly service: string
  /** null where the target has no slots. */
  readonly slot: number | null
  readonly target: string
  readonly pool: string | null
  readonly node: string | null
  readonly phase: Phase
  readonly ready: boolean
  readonly restarts: number
  /** Release number that it runs; null for replicas of an unknown one. */
  readonly release: number | null
  readonly image: string | null
  readonly address: string | null
  /** RFC 3339. */
  readonly startedAt: string | null
  readonly reason: string | null
  readonly lastExit: {
    readonly code: number | null
    readonly signal: string | null
    readonly at: string
    readonly oomKilled: boolean
  } | null
  readonly native: { readonly kind: string; readonly name: string; readonly namespace: string | null }
  /** "host process, not isolated" for the process driver. */
  readonly note: string | null
}

export interface Readiness {
  readonly state: 'ready' | 'progressing' | 'failed'
  readonly reason?: string
  readonly message?: string
  /** False: waiting longer will not help. */
  readonly retriable: boolean
  /** Last lines of the replica that failed, oldest first, at most 10. */
  readonly lastLogs?: readonly string[]
  /** Hash of a spec that failed here and was taken back by the controller itself; the object shows the one before. */
  readonly failedHash?: string
  /** Its reason, while `reason` tells that it was taken back or is the target's own word: 'ImageNotFound', 'Forbidden'. */
  readonly failedReason?: string
}

export interface ObservedObject {
  readonly id: string
  readonly uid: string
  readonly kind: string
  readonly name: string
  readonly service?: string
  readonly scope: 'app' | 'target'
  readonly guard: 'none' | 'data' | 'container'
  /** Order that it was created in; removal runs in reverse. */
  readonly stage: number
  readonly hash?: string
  readonly owner: 'ours' | 'foreign'
  readonly release?: number
  readonly drift: readonly {
    readonly path: string
    readonly want: unknown
    readonly live: unknown
    readonly manager?: string
  }[]
  readonly readiness: Readiness
  /** Key of the Compose volume that it holds, where the target's own name for it is another. */
  readonly volume?: string
  /** Short facts for words and diffs that hold no secret: image, replicas, … */
  readonly summary?: Readonly<Record<string, string | number>>
  /** Fields that other bodies refer to, by path (ids that a cloud gave). */
  readonly outputs?: Readonly<Record<string, string>>
  /** Taken as there without a look, which `confirmDrift` makes good; without uid. */
  readonly assumed?: true
  /** The body as last applied, where the target keeps it (secrets as references): feeds `diff`. */
  readonly body?: unknown
}

export interface ServiceStatus {
  readonly service: string
  readonly desired: number
  readonly ready: number
  readonly release: number | null
  readonly endpoints: readonly string[]
}

export interface TargetFacts {
  readonly version: string | null
  readonly arch: readonly string[]
  readonly os: readonly string[]
  /** local: the driver in force. */
  readonly driver: 'docker' | 'process' | null
  /** True: assumed, not observed; each assumed fact is one note. */
  readonly assumed: boolean
  readonly extra: Readonly<Record<string, unknown>>
}

/** What one observe returned. `complete: false` never leads to a remove. */
export interface TargetState {
  /** Stable identity of the place: daemon id + target name, kube-system uid + namespace, … '' when unreachable. */
  readonly identity: string
  readonly reachable: boolean
  readonly complete: boolean
  /** Why not reachable or not complete, in words. */
  readonly because: string | null
  readonly observedAt: string
  readonly facts: TargetFacts
  readonly objects: readonly ObservedObject[]
  readonly replicas: readonly Replica[]
  readonly services: readonly ServiceStatus[]
  readonly head: Head | null
  /** HMAC key of app and target (hex); null before the first deploy there. Never printed, never stored elsewhere. */
  readonly secretKey: string | null
  readonly diagnostics: readonly Diagnostic[]
}

/** The part of a state that says that nothing of an app is there. */
export const NOTHING_THERE = {
  objects: [],
  replicas: [],
  services: [],
  head: null,
  secretKey: null,
  diagnostics: [],
} as const satisfies Partial<TargetState>

/** A watch tells the present state first, then 'synced', then each change. */
export type StateDelta =
  | { readonly kind: 'synced' }
  | { readonly kind: 'replica'; readonly replica: Replica }
  | { readonly kind: 'replicaGone'; readonly id: string; readonly service: string }
  | { readonly kind: 'object'; readonly object: ObservedObject }
  | { readonly kind: 'objectGone'; readonly id: string }
  | { readonly kind: 'service'; readonly status: ServiceStatus }
  | {
      readonly kind: 'event'
      readonly service: string | null
      readonly code: string
      readonly message: string
      readonly at: string
    }

export interface LogLine {
  readonly at: string
  readonly target: string
  readonly service: string
  readonly replica: string
  readonly slot: number | null
  readonly stream: 'stdout' | 'stderr'
  readonly text: string
}

export interface Sample {
  readonly replica: string
  readonly service: string
  readonly at: string
  readonly cpuMillis: number
  readonly memoryBytes: number
}
