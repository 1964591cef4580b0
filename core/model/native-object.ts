// What an adapter renders and applies: the unit of diff, apply, prune and inventory (DESIGN section 4).
import type { App, Service } from './app.ts'
import type { Fleet, Target } from './fleet.ts'
import type { TargetFacts } from './replica.ts'

export interface NativeObject {
  /** Unique in the target: 'apps/Deployment/shop/web', 'service/shop/web'. */
  readonly id: string
  readonly kind: string
  readonly name: string
  readonly service?: string
  readonly scope: 'app' | 'target'
  /** Order inside a target: lower first; removal runs in reverse. */
  readonly stage: number
  /** Ids that must be applied before. */
  readonly after: readonly string[]
  /** Ids that must be ready, not only applied, before this is sent: for targets whose controllers keep no order of start. */
  readonly awaits?: readonly string[]
  /** contentHash of the body; Secret values enter as their references. */
  readonly hash: string
  /** May hold Secret values and { ref: OBJECT-ID, field: PATH }, resolved just before apply. */
  readonly body: unknown
  readonly guard: 'none' | 'data' | 'container'
}

/** Why an object cannot be changed in place. */
export interface Because {
  readonly because: string
}

/** Everything that render needs: counts, digests and facts are inside, so that rendering is pure. */
export interface TargetSpec {
  readonly app: App
  readonly fleet: Fleet
  readonly target: Target
  readonly facts: TargetFacts
  /** Release number that the objects will carry; not part of any hash. */
  readonly release: number
  readonly services: readonly ServiceSpec[]
  /** Image with digest → what it says of itself, where that could be read. */
  readonly images?: Readonly<Record<string, ImageFacts>>
}

export interface ImageFacts {
  /** USER of the image, '' for none. */
  readonly user?: string
  readonly stopSignal?: string
}

export interface ServiceSpec {
  readonly service: Service
  /** Replicas on this target; 0 for a standby. */
  readonly count: number
  /** On all targets together; absent: as the file says. */
  readonly total?: number
  /** With digest where one is known; null for host processes. */
  readonly image: string | null
  /** Hash of script and watched files for host processes, else null. */
  readonly codeHash: string | null
  /** Counter of `restart`. */
  readonly restarts: number
  /** Names that resolve elsewhere: host → address (reach). */
  readonly reach: Readonly<Record<string, string>>
  /** What to do when its rollout fails, already decided by the engine. */
  readonly failureAction: 'rollback' | 'pause' | 'continue'
}
