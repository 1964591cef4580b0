// What the daemon remembers: for each service of a target the wanted spec, its rollout and its slots, and for each attempt
// to run a replica one allocation, which is never reused. All of it is stored before anything is done with it.
import type { ErrorCode } from '../../../core/errors.ts'
import type { WorkBody } from '../spec.ts'

export interface WorkKey {
  readonly target: string
  readonly app: string
  readonly service: string
}

export const workId = (key: WorkKey): string => `${key.target}/${key.app}/${key.service}`

/** One wanted state of a service. Secrets in the body are references. */
export interface SpecVersion {
  /** Hash of the whole object: what the engine compares. */
  readonly hash: string
  /** Hash of what makes a replica: equal = no replica needs replacing. */
  readonly replicaHash: string
  readonly release: number
  readonly body: WorkBody
}

export interface Work extends WorkKey {
  /** null: being removed. */
  readonly spec: SpecVersion | null
  /** The last spec whose rollout came to its end. */
  readonly stable: SpecVersion | null
  readonly rollout: Rollout
  /** By slot number. */
  readonly slots: Readonly<Record<string, Slot>>
  /** One-shot: ran to success once, whatever the spec. */
  readonly succeededOnce: boolean
  /** Cron: the fire that was handled last (epoch ms). */
  readonly lastFireAt: number | null
}

export type RolloutKind = 'create' | 'update' | 'scale' | 'rollback'

export interface Rollout {
  readonly kind: RolloutKind
  readonly state: 'progressing' | 'complete' | 'failed'
  readonly startedAt: number
  /** A replica of the new spec was ready: the others may follow. */
  readonly proven: boolean
  /** When the last slot came to the new spec, for `delay`. */
  readonly settledAt: number | null
  /** Since when everything is as wanted, for `monitor`. */
  readonly readySince: number | null
  /** Why it failed; kept through the rollback that it caused. */
  readonly failure: Failure | null
}

export interface Failure {
  /** Object hash and release of the spec that failed. */
  readonly hash: string
  readonly release: number
  readonly reason: string
  readonly message: string
  readonly lastLogs: readonly string[]
}

export interface Slot {
  /** Attempts that followed another one in this slot since the service exists. */
  readonly restarts: number
  /** Exits in a row without a good run between them: back-off. */
  readonly crashes: number
  /** In this rollout: exits and turns to unhealthy of replicas of its spec. */
  readonly failures: number
  /** No new attempt before this. */
  readonly notBefore: number
  /** Ended as it should and is not started again. */
  readonly finished: boolean
  readonly lastExit: Exit | null
  /** When the attempts of the restart policy's window began. */
  readonly attempts: readonly number[]
}

export const FRESH_SLOT: Slot = {
  restarts: 0,
  crashes: 0,
  failures: 0,
  notBefore: 0,
  finished: false,
  lastExit: null,
  attempts: [],
}

export const slotOf = (work: Work, slot: number): Slot => work.slots[String(slot)] ?? FRESH_SLOT

export interface Exit {
  readonly code: number | null
  readonly signal: string | null
  readonly oomKilled: boolean
  readonly at: number
}

export interface PortLease {
  readonly containerPort: number
  readonly hostPort: number
  readonly protocol: 'tcp' | 'udp'
  readonly hostIp: string | null
}

export interface Alloc extends WorkKey {
  readonly id: string
  readonly name: string
  readonly slot: number
  readonly node: string
  readonly spec: SpecVersion
  /** Cron: the fire that it belongs to. */
  readonly run: string | null
  readonly createdAt: number
  /** What shall become of it; written before it is done. create: made, but not started before its dependencies are. */
  readonly intent: 'create' | 'run' | 'stop' | 'remove'
  readonly because: string
  /** created: its container is there and has never run. */
  readonly state: 'new' | 'created' | 'running' | 'exited'
  readonly health: 'starting' | 'ready' | 'unhealthy'
  /** Why it is not ready, in words. */
  readonly reason: string | null
  readonly startedAt: number | null
  /** First time ready; null: never was. */
  readonly readyAt: number | null
  readonly exit: Exit | null
  readonly error: AllocError | null
  readonly lastLogs: readonly string[]
  readonly ports: readonly PortLease[]
  readonly gpuIds: readonly string[]
  readonly native: string | null
  readonly image: string | null
}

export interface AllocError {
  readonly code: ErrorCode
  readonly message: string
}

/** It counts for its slot: it runs or is about to. */
export const isLive = (alloc: Alloc): boolean => alloc.intent === 'run' && alloc.state !== 'exited'

export const isReady = (alloc: Alloc): boolean => isLive(alloc) && alloc.state === 'running' && alloc.health === 'ready'

/** It is made ahead of its start: it counts for nothing yet but for the room that it takes. */
export const isAhead = (alloc: Alloc): boolean => alloc.intent === 'create' && alloc.state !== 'exited'

/** It still holds a port, a volume or a card. */
export const holdsThings = (alloc: Alloc): boolean => alloc.state !== 'exited' || alloc.intent === 'remove'
