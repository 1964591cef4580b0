// The immutable record of what was wanted, and the one mutable pointer to it (DESIGN section 5).
import type { App } from './app.ts'
import type { ImageFacts } from './native-object.ts'
import type { Placement } from './placement.ts'

export interface Release {
  readonly number: number
  readonly id: string
  readonly parent: string | null
  readonly createdAt: string
  readonly by: string
  readonly source: { readonly commit: string | null; readonly ref: string | null; readonly dirty: boolean }
  readonly origin: string
  readonly message: string | null
  /** Set by rollback: the number that it restores. */
  readonly from: number | null
  /** Secrets in it are references only. */
  readonly app: App
  /** Policy and target definitions without credentials, as parsed. */
  readonly fleet: unknown
  /** Service → image reference with digest, or the tag where none could be resolved. */
  readonly images: Readonly<Record<string, string>>
  /** Service → hash of script and watched files of host processes; null for others. */
  readonly codeHashes: Readonly<Record<string, string | null>>
  /** Image with digest → what it says of itself; absent: nothing was read. */
  readonly imageFacts?: Readonly<Record<string, ImageFacts>>
  /** Target → object ids. */
  readonly inventory: Readonly<Record<string, readonly string[]>>
  readonly placement: readonly Placement[]
  /** Targets that should have got something and did not answer; absent: none. */
  readonly owed?: readonly string[]
  /** Target → identity at the time. */
  readonly identities: Readonly<Record<string, string>>
  /** Hash of what was wanted (app, images, placement of this target): equal = nothing to release. */
  readonly specHash: string
}

export interface Head {
  /** Grows by one with each write; compare-and-set. */
  readonly version: number
  readonly current: number | null
  readonly previousHealthy: number | null
  readonly state: 'deploying' | 'healthy' | 'failed' | 'destroyed'
  readonly origin: string
  /** At most 10, oldest first. */
  readonly releases: readonly HeadEntry[]
  /** Counts set by `scale` since the release: service → who, when, how many. */
  readonly scaled: Readonly<Record<string, { readonly replicas: number; readonly by: string; readonly at: string }>>
  /** `restart` bumps it: service → counter, part of the service's spec. */
  readonly restarts: Readonly<Record<string, number>>
}

export interface HeadEntry {
  readonly number: number
  readonly id: string
  readonly healthy: boolean
}

export interface HistoryEntry {
  readonly at: string
  readonly action: string
  readonly app: string
  readonly release: number | null
  readonly targets: readonly string[]
  readonly by: string
  readonly source: string | null
  readonly message: string | null
  readonly allowed: readonly string[]
  readonly because: string | null
  readonly result: string
  readonly exitCode: number
}
