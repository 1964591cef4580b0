// The nodes of every target and the drivers behind them. Targets that name the same engine share one driver; an engine
// that does not answer keeps its node, with the reason, and is asked again.
import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { GpuDevice, Resources } from '../../../core/model/resources.ts'
import type { DriverFactory, DriverKind } from '../drivers/registry.ts'
import type { TargetRef } from '../protocol.ts'
import type { DaemonClock } from './clock.ts'
import type { Driver, NodeFacts } from './driver.ts'

/** One driver and what is known of the engine behind it. */
export interface EngineNode {
  /** 'docker:unix:///…', 'process', 'simulated:target/name'. */
  readonly key: string
  readonly kind: DriverKind
  readonly driver: Driver
  facts(): NodeFacts | null
  reachable(): boolean
  /** Why not reachable. */
  because(): string | null
}

/** A node of a target, as the scheduler names it. */
export interface PoolNode {
  readonly target: string
  readonly name: string
  readonly engine: EngineNode
  readonly labels: Readonly<Record<string, string>>
  readonly reserve: Resources
  /** Declared in stormport.yaml; empty: what the engine reports. */
  readonly gpus: readonly GpuDevice[]
  /** Simulated nodes state their size. */
  readonly size: Resources | null
}

export interface NodePool {
  /** Opens what the target needs; never throws for an engine that is down. */
  open(ref: TargetRef, driver: 'docker' | 'process', signal: AbortSignal): Promise<void>
  nodesOf(target: string): readonly PoolNode[]
  node(target: string, name: string): PoolNode | undefined
  engines(): readonly EngineNode[]
  /** Asks an engine again; true when it answers. */
  probe(engine: EngineNode, signal: AbortSignal): Promise<boolean>
  forget(target: string): void
  close(): Promise<void>
}

export interface NodePoolOptions {
  readonly createDriver: DriverFactory
  readonly driversDir: string
  readonly owner: string
  readonly clock: DaemonClock
  /** Called once for each engine that is opened: the caller listens to its events and adopts what runs there. */
  readonly opened: (engine: EngineNode) => void
}

const NOTHING: Resources = { cpuMillis: 0, memoryBytes: 0 }
const FINGERPRINT_MS = 4_000

interface Held extends EngineNode {
  known: NodeFacts | null
  down: string | null
}

interface NodePlan {
  readonly kind: DriverKind
  readonly host: string | null
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly reserve: Resources
  readonly gpus: readonly GpuDevice[]
  readonly size: Resources | null
}

export const createNodePool = (options: NodePoolOptions): NodePool => {
  const engines = new Map<string, Promise<Held>>()
  const ready = new Map<string, Held>()
  const targets = new Map<string, readonly PoolNode[]>()
  const announced = new Set<string>()

  const openEngine = async (key: string, target: string, plan: NodePlan): Promise<Held> => {
    const stateDir = join(
      options.driversDir,
      plan.kind === 'docker'
        ? `docker-${shortHash(key)}`
        : plan.kind === 'process'
          ? 'process'
          : `simulated-${shortHash(key)}`,
    )
    mkdirSync(stateDir, { recursive: true, mode: 0o700 })
    const driver = await options.createDriver(plan.kind, {
      node: `${target}/${plan.name}`,
      host: plan.host,
      stateDir,
      owner: options.owner,
      labels: plan.labels,
      gpus: plan.gpus,
    })
    const held: Held = {
      key,
      kind: plan.kind,
      driver,
      known: null,
      down: 'not asked yet',
      facts: () => held.known,
      reachable: () => held.down === null,
      because: () => held.down,
    }
    return held
  }
  const probe = async (engine: EngineNode, signal: AbortSignal): Promise<boolean> => {
    const held = ready.get(engine.key)
    if (held === undefined) return false
    try {
      held.known = await held.driver.fingerprint(AbortSignal.any([signal, AbortSignal.timeout(FINGERPRINT_MS)]))
      held.down = null
    } catch (error) {
      held.down = error instanceof Error ? error.message : 'it does not answer'
    }
    return held.down === null
  }
  const engineFor = async (target: string, plan: NodePlan, signal: AbortSignal): Promise<Held> => {
    const key = engineKey(target, plan)
    const known = engines.get(key)
    if (known !== undefined) return known
    const opening = openEngine(key, target, plan).then(async (held) => {
      ready.set(key, held)
      await probe(held, signal)
      return held
    })
    engines.set(key, opening)
    opening.catch(() => engines.delete(key))
    return opening
  }
  return {
    open: async (ref, driver, signal) => {
      const plans = nodePlans(ref, driver)
      const nodes = await Promise.all(
        plans.map(
          async (plan): Promise<PoolNode> => ({
            target: ref.name,
            name: plan.name,
            engine: await engineFor(ref.name, plan, signal),
            labels: plan.labels,
            reserve: plan.reserve,
            gpus: plan.gpus,
            size: plan.size,
          }),
        ),
      )
      targets.set(ref.name, nodes)
      // Only now can what runs there be matched with its node.
      for (const { engine } of nodes) {
        if (announced.has(engine.key)) continue
        announced.add(engine.key)
        options.opened(engine)
      }
    },
    nodesOf: (target) => targets.get(target) ?? [],
    node: (target, name) => targets.get(target)?.find((n) => n.name === name),
    engines: () => [...ready.values()],
    probe,
    forget: (target) => void targets.delete(target),
    close: async () => {
      await Promise.allSettled([...ready.values()].map((held) => held.driver.close()))
    },
  }
}

const engineKey = (target: string, plan: NodePlan): string => {
  if (plan.kind === 'docker') return `docker:${plan.host}`
  return plan.kind === 'process' ? 'process' : `simulated:${target}/${plan.name}`
}

/** What the file says, and beside an engine of this machine always a node for host processes (`process: always`). */
const nodePlans = (ref: TargetRef, driver: 'docker' | 'process'): readonly NodePlan[] => {
  const here = hostname()
  const bare = { labels: {}, reserve: NOTHING, gpus: [], size: null }
  const declared = ref.local.nodes.map((node): NodePlan => {
    const kind: DriverKind = node.simulated !== null ? 'simulated' : driver
    return {
      kind,
      host: kind === 'docker' ? (node.host ?? ref.engineHost) : null,
      name: node.name,
      labels: node.labels,
      reserve: node.reserve,
      gpus: node.gpus,
      size: node.simulated,
    }
  })
  const main: readonly NodePlan[] =
    declared.length > 0
      ? declared
      : [{ ...bare, kind: driver, host: driver === 'docker' ? ref.engineHost : null, name: here }]
  if (!ref.here || main.some((plan) => plan.kind === 'process')) return main
  return [...main, { ...bare, kind: 'process', host: null, name: `${here}-host` }]
}

const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12)
