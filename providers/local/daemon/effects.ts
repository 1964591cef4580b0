// The four effects on an allocation: create, launch, stop, remove. The store says what is wanted before, and what came out after.
import { backendId, doorsOf } from './doors.ts'
import type { AllocState } from './driver.ts'
import { exitOf, recordEnd } from './endings.ts'
import type { Kit } from './kit.ts'
import { launch, make } from './launch.ts'
import { type Alloc, workId } from './model.ts'
import type { PoolNode } from './nodes.ts'

/** Everything but the start, while its gate is closed. */
export const createAlloc = async (alloc: Alloc, node: PoolNode, kit: Kit, signal: AbortSignal): Promise<void> => {
  const { native, phase } = await make(alloc, node, kit, signal)
  const now = kit.ledger.alloc(alloc.id)
  if (now?.state !== 'new') return
  if (phase === 'created') kit.unstarted.add(alloc.id)
  kit.ledger.write({ allocs: [{ ...now, state: 'created', native, reason: null }] })
}

export const launchAlloc = async (planned: Alloc, node: PoolNode, kit: Kit, signal: AbortSignal): Promise<void> => {
  const alloc = await withFreePorts(planned, node, kit, signal)
  const seen = await launch(alloc, node, kit, signal)
  const now = kit.ledger.alloc(alloc.id)
  if (now === undefined) return
  const started: Alloc = {
    ...now,
    state: 'running',
    startedAt: startOf(seen, kit.clock.now()),
    native: seen.native,
    image: seen.image ?? now.image,
    reason: null,
  }
  kit.ledger.write({ allocs: [started] })
  if (seen.phase === 'exited' || seen.phase === 'gone') await recordEnd(started, exitOf(seen, kit.clock.now()), kit)
  else kit.probes.watch(started, node)
}

/** The engine's word, where it has one; never later than now, for its clock may be another. */
const startOf = ({ startedAt }: AllocState, now: number): number => {
  const said = startedAt === null ? Number.NaN : Date.parse(startedAt)
  return Number.isNaN(said) ? now : Math.min(said, now)
}

/** A leased port that a stranger holds is given up for the next one. */
const withFreePorts = async (alloc: Alloc, node: PoolNode, kit: Kit, signal: AbortSignal): Promise<Alloc> => {
  if (node.engine.kind !== 'process' || alloc.ports.length === 0) return alloc
  // What a daemon before us has made already holds its own ports.
  if ((await node.engine.driver.inspect(alloc.id, signal)) !== null) return alloc
  const taken = await Promise.all(alloc.ports.map((p) => kit.leases.isTaken(p.hostPort)))
  if (!taken.includes(true)) return alloc
  const moved = {
    ...alloc,
    ports: alloc.ports.map((p, i) => (taken[i] === true ? { ...p, hostPort: kit.leases.next() } : p)),
  }
  kit.ledger.write({ allocs: [moved] })
  return withFreePorts(moved, node, kit, signal)
}

/** Out of the proxy, out of name resolution, finish what runs, then the signal. */
export const stopAlloc = async (alloc: Alloc, node: PoolNode, kit: Kit, signal: AbortSignal): Promise<void> => {
  kit.probes.drop(alloc.id)
  if (alloc.readyAt !== null) await drain(alloc, node, kit, signal)
  const seen = await node.engine.driver.stop(alloc.id, alloc.spec.body.stop, signal)
  const now = kit.ledger.alloc(alloc.id)
  if (now !== undefined)
    kit.ledger.write({ allocs: [{ ...now, state: 'exited', exit: exitOf(seen, kit.clock.now()) }] })
  kit.freed()
  if (alloc.readyAt !== null) void kit.proxy.push()
}

const drain = async (alloc: Alloc, node: PoolNode, kit: Kit, signal: AbortSignal): Promise<void> => {
  const work = kit.ledger.work(workId(alloc))
  const doors = work === undefined ? [] : doorsOf({ ...work, spec: alloc.spec })
  const deadline = kit.clock.now() + alloc.spec.body.stop.gracePeriodMs
  if (doors.length > 0) await kit.proxy.push()
  await node.engine.driver.drain(alloc.id, signal)
  await Promise.all(
    doors.map((door) => kit.proxy.drained(backendId(alloc.id, door), Math.max(0, deadline - kit.clock.now()), signal)),
  )
}

export const removeAlloc = async (alloc: Alloc, node: PoolNode, kit: Kit, signal: AbortSignal): Promise<void> => {
  kit.probes.drop(alloc.id)
  kit.unstarted.delete(alloc.id)
  await node.engine.driver.remove(alloc.id, signal)
  kit.addresses.drop(alloc.id)
  kit.ledger.write({ dropAllocs: [alloc.id] })
  kit.freed()
}
