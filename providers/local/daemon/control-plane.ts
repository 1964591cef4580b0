// Puts the parts of the daemon together: store, nodes, proxy, probes, steps and the reconciling loop around them.
import { randomBytes } from 'node:crypto'
import type { DriverFactory } from '../drivers/registry.ts'
import type { ProxyControl } from '../proxy/types.ts'
import { createAddressBook } from './address-book.ts'
import { createClaims } from './claims.ts'
import type { DaemonClock } from './clock.ts'
import { forgetWork } from './desired.ts'
import { recordHealth } from './endings.ts'
import type { Kit } from './kit.ts'
import { type Ledger, openLedger } from './ledger.ts'
import { isReady, workId } from './model.ts'
import { createNodePool, type NodePool } from './nodes.ts'
import type { ObserveKit } from './observe.ts'
import { createPlane, type Plane } from './plane.ts'
import { createPortLeases } from './port-leases.ts'
import { createProbes } from './probes.ts'
import { createProxySync, type ProxySync } from './proxy-sync.ts'
import { followEngine } from './recovery.ts'
import { createRemovals } from './removals.ts'
import type { SecretFiles } from './secrets.ts'
import { createSteps, type Steps } from './steps.ts'
import type { Store } from './store.ts'
import { createTargets, type Targets } from './targets.ts'

export interface ControlPlaneOptions {
  readonly store: Store
  readonly secrets: SecretFiles
  readonly proxy: ProxyControl
  readonly createDriver: DriverFactory
  readonly driversDir: string
  readonly daemonId: string
  readonly version: string
  readonly clock: DaemonClock
  readonly log: (message: string) => void
}

export interface ControlPlane {
  readonly kit: ObserveKit
  readonly ledger: Ledger
  readonly nodes: NodePool
  readonly targets: Targets
  readonly proxy: ProxySync
  /** Opens the stored targets and takes up the work where the last daemon left it. */
  start(signal: AbortSignal): Promise<void>
  /** Decides and does nothing more; steps that are under way end. */
  halt(): Promise<void>
  /** Lets everything run on and leaves. */
  close(): Promise<void>
}

export const createControlPlane = (options: ControlPlaneOptions): ControlPlane => {
  const over = new AbortController()
  const ledger = openLedger(options.store, options.clock.now)
  const doing = new Map<string, string>()
  const late: { plane?: Plane; steps?: Steps; kit?: ObserveKit } = {}
  const { kit, steps, plane } = wire(options, { ledger, doing, over, late })
  const targets = createTargets(ledger, kit.nodes)
  const halt = async (): Promise<void> => {
    over.abort()
    plane.close()
    kit.probes.close()
    await steps.settled()
  }
  return {
    kit,
    ledger,
    nodes: kit.nodes,
    targets,
    proxy: kit.proxy,
    start: async (signal) => {
      await targets.reopen(signal)
      const ready = ledger.allocs().filter(isReady)
      await Promise.allSettled(ready.map((alloc) => kit.addresses.resolve(alloc, signal)))
      if (ledger.works().length > 0) await kit.proxy.push()
      plane.kickAll()
      kit.freed()
    },
    halt,
    close: async () => {
      // With no service left the proxy must hear of it, or it would stay.
      if (ledger.works().length === 0) await kit.proxy.push()
      await halt()
      await kit.proxy.close()
      await kit.nodes.close()
    },
  }
}

interface Shared {
  readonly ledger: Ledger
  readonly doing: Map<string, string>
  readonly over: AbortController
  /** Parts that call each other find the later one here. */
  readonly late: { plane?: Plane; steps?: Steps; kit?: ObserveKit }
}

const wire = (
  options: ControlPlaneOptions,
  { ledger, doing, over, late }: Shared,
): { readonly kit: ObserveKit; readonly steps: Steps; readonly plane: Plane } => {
  const { clock, secrets, log } = options
  const nodes = createNodePool({
    createDriver: options.createDriver,
    driversDir: options.driversDir,
    owner: options.daemonId,
    opened: (engine) => {
      if (late.kit && late.steps)
        followEngine(engine, { kit: late.kit, steps: late.steps, kickAll: () => late.plane?.kickAll() })
    },
  })
  const addresses = createAddressBook(nodes)
  const base: Omit<Kit, 'proxy' | 'probes' | 'freed' | 'claims'> = {
    ledger,
    nodes,
    secrets,
    addresses,
    leases: createPortLeases(ledger),
    clock,
    unstarted: new Set(),
    say: (id, words) => {
      if (words === null ? !doing.delete(id) : doing.get(id) === words) return
      if (words !== null) doing.set(id, words)
      const alloc = ledger.alloc(id)
      if (alloc !== undefined) ledger.touch(alloc)
    },
    kick: (id) => late.plane?.kick(id),
    log,
    signal: over.signal,
  }
  const kit: ObserveKit = {
    ...base,
    proxy: createProxySync({ ledger, proxy: options.proxy, clock, log, addressOf: addresses.find }),
    probes: createProbes({
      clock,
      secrets,
      changed: (id, state) => {
        recordHealth(id, state, kit).catch((error: unknown) =>
          log(`${id}: ${error instanceof Error ? error.message : 'fault'}`),
        )
      },
    }),
    claims: { beforeChange: (key, signal) => claims.beforeChange(key, signal), release: () => claims.release() },
    freed: () => {
      removals.look()
      claims.release()
      for (const work of ledger.works())
        if (plane.waitingFor(`${work.target}/${work.app}/${work.service}`) !== null)
          base.kick(`${work.target}/${work.app}/${work.service}`)
    },
    doing: (id) => doing.get(id) ?? null,
    waitingFor: (id) => plane.waitingFor(id),
    version: options.version,
    daemonId: options.daemonId,
  }
  const removals = createRemovals(kit)
  const claims = createClaims(kit)
  const steps = createSteps(kit)
  const plane = createPlane({
    ledger,
    nodes,
    leases: kit.leases,
    clock,
    log,
    randomId: () => randomBytes(6).toString('hex'),
    drive: steps.drive,
    cleared: (work) => {
      forgetWork(work, kit).catch((error: unknown) =>
        log(`${workId(work)}: ${error instanceof Error ? error.message : 'fault'}`),
      )
    },
  })
  late.kit = kit
  late.steps = steps
  late.plane = plane
  return { kit, steps, plane }
}
