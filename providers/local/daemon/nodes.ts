// The nodes of every target and the drivers behind them. Targets that name the same engine share one driver; an engine
// that does not answer keeps its node, with the reason, and is asked again.
import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { GpuDevice, Resources } from '../../../core/model/resources.ts'
import type { DriverFactory, DriverKind } from '../drivers/registry.ts'
import type { TargetRef } from '../protocol.ts'
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
  close(): Promise<void>
}

export interface NodePoolOptions {
  readonly createDriver: DriverFactory
  readonly driversDir: string
  readonly owner: string
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

interface PoolState {
  readonly options: NodePoolOptions
  readonly opening: Map<string, Promise<Held>>
  readonly engines: Map<string, Held>
  readonly targets: Map<string, readonly PoolNode[]>
  /** Engines that the caller has been told of. */
  readonly announced: Set<string>
}

export const createNodePool = (options: NodePoolOptions): NodePool => {
  const state: PoolState = { options, opening: new Map(), engines: new Map(), targets: new Map(), announced: new Set() }
  return {
    open: (ref, driver, signal) => openTarget(ref, driver, state, signal),
    nodesOf: (target) => state.targets.get(target) ?? [],
    node: (target, name) => state.targets.get(target)?.find((n) => n.name === name),
    engines: () => [...state.engines.values()],
    probe: async (engine, signal) => {
      const held = state.engines.get(engine.key)
      return held !== undefined && fingerprint(held, signal)
    },
    close: async () => {
      await Promise.allSettled([...state.engines.values()].map((held) => held.driver.close()))
    },
  }
}

const openTarget = async (
  ref: TargetRef,
  driver: 'docker' | 'process',
  state: PoolState,
  signal: AbortSignal,
): Promise<void> => {
  const nodes = await Promise.all(
    nodePlans(ref, driver).map(async (plan): Promise<PoolNode> => {
      const { name, labels, reserve, gpus, size } = plan
      return {
        target: ref.name,
        name,
        engine: await engineFor(ref.name, plan, state, signal),
        labels,
        reserve,
        gpus,
        size,
      }
    }),
  )
  state.targets.set(ref.name, nodes)
  // Only now can what runs there be matched with its node.
  for (const { engine } of nodes) {
    if (state.announced.has(engine.key)) continue
    state.announced.add(engine.key)
    state.options.opened(engine)
  }
}

const engineFor = (target: string, plan: NodePlan, state: PoolState, signal: AbortSignal): Promise<Held> => {
  const key = engineKey(target, plan)
  const known = state.opening.get(key)
  if (known !== undefined) return known
  const opening = openEngine(key, target, plan, state.options).then(async (held) => {
    state.engines.set(key, held)
    await fingerprint(held, signal)
    return held
  })
  state.opening.set(key, opening)
  opening.catch(() => state.opening.delete(key))
  return opening
}

const openEngine = async (key: string, target: string, plan: NodePlan, options: NodePoolOptions): Promise<Held> => {
  const stateDir = join(options.driversDir, plan.kind === 'process' ? 'process' : `${plan.kind}-${shortHash(key)}`)
  mkdirSync(stateDir, { recursive: true, mode: 0o700 })
  const { host, labels, gpus, kind } = plan
  const driver = await options.createDriver(kind, {
    node: `${target}/${plan.name}`,
    host,
    stateDir,
    owner: options.owner,
    labels,
    gpus,
  })
  const held: Held = {
    key,
    kind,
    driver,
    known: null,
    down: 'not asked yet',
    facts: () => held.known,
    reachable: () => held.down === null,
    because: () => held.down,
  }
  return held
}

const fingerprint = async (held: Held, signal: AbortSignal): Promise<boolean> => {
  try {
    held.known = await held.driver.fingerprint(AbortSignal.any([signal, AbortSignal.timeout(FINGERPRINT_MS)]))
    held.down = null
  } catch (error) {
    held.down = error instanceof Error ? error.message : 'it does not answer'
  }
  return held.down === null
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
