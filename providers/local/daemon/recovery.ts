// Brings the store and an engine to agree: at start, when an engine comes back, and every half minute. What runs and is
// ours is adopted; what ended meanwhile is counted; what nobody knows goes after a grace.
import type { AllocState } from './driver.ts'
import type { Kit } from './kit.ts'
import { type Alloc, workId } from './model.ts'
import type { EngineNode } from './nodes.ts'
import type { Steps } from './steps.ts'

const STRAY_GRACE_MS = 60_000
const RELIST_MS = 30_000
const EVENTS_AGAIN_MS = 1_000

export interface RecoveryDeps {
  readonly kit: Kit
  readonly steps: Steps
  readonly kickAll: () => void
}

/** Follows an engine until the daemon ends. */
export const followEngine = (engine: EngineNode, deps: RecoveryDeps): void => {
  const strays = new Map<string, number>()
  const relist = async (): Promise<void> => {
    try {
      await adopt(engine, strays, deps)
    } catch (error) {
      deps.kit.log(`${engine.key}: list: ${error instanceof Error ? error.message : 'fault'}`)
      await deps.kit.nodes.probe(engine, deps.kit.signal)
    }
    if (!deps.kit.signal.aborted) deps.kit.clock.at(deps.kit.clock.now() + RELIST_MS, () => void relist())
  }
  void relist()
  void listen(engine, strays, deps)
}

/** Compares what the engine lists with what the store knows. */
export const adopt = async (
  engine: EngineNode,
  strays: Map<string, number>,
  { kit, steps, kickAll }: RecoveryDeps,
): Promise<void> => {
  const since = kit.clock.now()
  const wasDown = !engine.reachable()
  if (wasDown && !(await kit.nodes.probe(engine, kit.signal))) return
  const seen = new Map((await engine.driver.list(kit.signal)).map((state) => [state.id, state]))
  for (const alloc of kit.ledger.allocs()) {
    if (kit.nodes.node(alloc.target, alloc.node)?.engine.key !== engine.key) continue
    await compare(alloc, seen.get(alloc.id) ?? null, { engine, since, kit, steps })
  }
  await removeStrays(engine, seen, strays, { kit, steps, kickAll })
  if (wasDown) steps.engineBack()
  kickAll()
}

interface Comparison {
  readonly engine: EngineNode
  readonly since: number
  readonly kit: Kit
  readonly steps: Steps
}

const compare = async (
  alloc: Alloc,
  seen: AllocState | null,
  { engine, since, kit, steps }: Comparison,
): Promise<void> => {
  if (alloc.state !== 'running' || (alloc.startedAt ?? since) >= since) return
  if (seen?.phase === 'running') {
    if (alloc.readyAt !== null && kit.addresses.find(alloc, alloc.spec.body.ports[0]?.target ?? 0) === null)
      await kit.addresses.resolve(alloc, kit.signal)
    return
  }
  // The list is a moment old; only a second look may call something gone.
  const now = await engine.driver.inspect(alloc.id, kit.signal)
  if (now?.phase === 'running') return
  if (alloc.intent === 'run') await steps.ended(alloc.id, now)
}

const removeStrays = async (
  engine: EngineNode,
  seen: ReadonlyMap<string, AllocState>,
  strays: Map<string, number>,
  { kit }: RecoveryDeps,
): Promise<void> => {
  const now = kit.clock.now()
  for (const id of [...strays.keys()]) if (!seen.has(id) || kit.ledger.alloc(id) !== undefined) strays.delete(id)
  for (const id of seen.keys()) {
    if (kit.ledger.alloc(id) !== undefined) continue
    const first = strays.get(id) ?? now
    strays.set(id, first)
    if (now - first < STRAY_GRACE_MS) continue
    kit.log(`${engine.key}: removing ${id}, which no service knows`)
    await engine.driver.remove(id, kit.signal)
    strays.delete(id)
  }
}

const listen = async (engine: EngineNode, strays: Map<string, number>, deps: RecoveryDeps): Promise<void> => {
  const { kit, steps } = deps
  while (!kit.signal.aborted) {
    try {
      for await (const event of engine.driver.events(kit.signal)) {
        if (event.kind === 'engineDown') await kit.nodes.probe(engine, kit.signal)
        else if (event.kind === 'engineUp') await comeBack(engine, strays, deps)
        else if (event.id !== null && event.kind !== 'started') await checkOn(event.id, engine, { kit, steps })
      }
    } catch (error) {
      if (!kit.signal.aborted) kit.log(`${engine.key}: events: ${error instanceof Error ? error.message : 'fault'}`)
    }
    if (!kit.signal.aborted)
      await new Promise<void>((resolve) => kit.clock.at(kit.clock.now() + EVENTS_AGAIN_MS, resolve))
  }
}

/** Its events may have been missed: everything is compared anew. */
const comeBack = async (engine: EngineNode, strays: Map<string, number>, deps: RecoveryDeps): Promise<void> => {
  await deps.kit.nodes.probe(engine, deps.kit.signal)
  await adopt(engine, strays, deps)
  deps.steps.engineBack()
}

const checkOn = async (
  id: string,
  engine: EngineNode,
  { kit, steps }: Pick<RecoveryDeps, 'kit' | 'steps'>,
): Promise<void> => {
  const alloc = kit.ledger.alloc(id)
  if (alloc === undefined || alloc.state !== 'running' || alloc.intent !== 'run') return
  const now = await engine.driver.inspect(id, kit.signal)
  if (now?.phase === 'running') return
  await steps.ended(id, now)
  kit.kick(workId(alloc))
}
