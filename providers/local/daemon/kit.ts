// What the steps of an allocation work with.
import type { AddressBook } from './address-book.ts'
import type { Claims } from './claims.ts'
import type { DaemonClock } from './clock.ts'
import type { Ledger } from './ledger.ts'
import type { NodePool } from './nodes.ts'
import type { PortLeases } from './port-leases.ts'
import type { Probes } from './probes.ts'
import type { ProxySync } from './proxy-sync.ts'
import type { SecretFiles } from './secrets.ts'

export interface Kit {
  readonly ledger: Ledger
  readonly nodes: NodePool
  readonly secrets: SecretFiles
  readonly probes: Probes
  readonly proxy: ProxySync
  readonly leases: PortLeases
  readonly addresses: AddressBook
  readonly claims: Claims
  readonly clock: DaemonClock
  /** Made by this daemon and never told to start: the only ones that can be started without a look at what became of them. */
  readonly unstarted: Set<string>
  /** What goes on with an allocation, in words; null: nothing special. */
  readonly say: (id: string, doing: string | null) => void
  /** A service must be decided again. */
  readonly kick: (workId: string) => void
  /** Capacity came free: what found no place may find one. */
  readonly freed: () => void
  readonly log: (message: string) => void
  /** Ends with the daemon. */
  readonly signal: AbortSignal
}
