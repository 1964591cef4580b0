// Allocations as replicas that people see: the running ones, the newest dead one of a slot that has no other, and slots
// for which nothing is there yet.
import type { Phase, Replica } from '../../../core/model/replica.ts'
import { type Alloc, isAhead, isLive, isReady, slotOf, type Work, workId } from './model.ts'
import type { ObserveKit } from './observe.ts'
import { endInWords } from './reconcile/outcome.ts'

export const visibleAllocs = (work: Work, kit: ObserveKit): readonly Alloc[] => {
  // What is only made ahead shows as the slot that it waits for.
  const all = kit.ledger.allocsOf(workId(work)).filter((a) => !isAhead(a))
  const present = all.filter((a) => a.state !== 'exited')
  const dead = all.filter(
    (a) =>
      a.state === 'exited' &&
      a.intent === 'run' &&
      !present.some((p) => p.slot === a.slot && isLive(p)) &&
      isNewest(a, all),
  )
  return [...present, ...dead].sort((a, b) => a.slot - b.slot || a.createdAt - b.createdAt)
}

const isNewest = (alloc: Alloc, all: readonly Alloc[]): boolean =>
  !all.some((b) => b.slot === alloc.slot && b.run === alloc.run && b.createdAt > alloc.createdAt)

export const replicaOf = (alloc: Alloc, work: Work, kit: ObserveKit): Replica => {
  const node = kit.nodes.node(alloc.target, alloc.node)
  const doing = kit.doing(alloc.id)
  const slot = slotOf(work, alloc.slot)
  const address = kit.addresses.find(alloc, alloc.spec.body.ports[0]?.target ?? 0)
  const last = alloc.exit ?? slot.lastExit
  return {
    id: alloc.id,
    service: alloc.service,
    slot: alloc.slot,
    target: alloc.target,
    pool: null,
    node: alloc.node,
    phase: node?.engine.reachable() === false ? 'unknown' : phaseOf(alloc, doing),
    ready: isReady(alloc),
    restarts: slot.restarts,
    release: alloc.spec.release,
    image: alloc.image ?? alloc.spec.body.container.image,
    address: address === null ? null : `${address.host}:${address.port}`,
    startedAt: alloc.startedAt === null ? null : new Date(alloc.startedAt).toISOString(),
    reason: doing ?? reasonOf(alloc),
    lastExit:
      last === null
        ? null
        : { code: last.code, signal: last.signal, at: new Date(last.at).toISOString(), oomKilled: last.oomKilled },
    native: { kind: alloc.spec.body.driver === 'process' ? 'process' : 'container', name: alloc.name, namespace: null },
    note: alloc.spec.body.driver === 'process' ? 'host process, not isolated' : null,
  }
}

const reasonOf = (alloc: Alloc): string | null => {
  if (alloc.state === 'exited') return endInWords(alloc)
  return alloc.intent === 'run' ? alloc.reason : alloc.because
}

const phaseOf = (alloc: Alloc, doing: string | null): Phase => {
  if (alloc.state === 'exited') return alloc.error === null && alloc.exit?.code === 0 ? 'exited' : 'failed'
  if (alloc.intent !== 'run') return 'stopping'
  if (alloc.state === 'new' || alloc.state === 'created') return doing?.startsWith('pulling') ? 'pulling' : 'starting'
  if (alloc.health === 'ready') return 'ready'
  if (alloc.health === 'unhealthy') return 'unhealthy'
  return alloc.spec.body.kind === 'service' ? 'starting' : 'running'
}

/** Wanted, and nothing stands there: the reason is what people ask for. */
export const pendingSlots = (work: Work, kit: ObserveKit): readonly Replica[] => {
  const { spec } = work
  if (spec === null || spec.body.mode === 'global' || spec.body.kind === 'cron') return []
  const seen = new Set(visibleAllocs(work, kit).map((a) => a.slot))
  const open = Array.from({ length: spec.body.replicas }, (_, i) => i + 1).filter(
    (n) => !seen.has(n) && !slotOf(work, n).finished,
  )
  return open.map((slot) => ({
    id: `${work.service}.${slot}`,
    service: work.service,
    slot,
    target: work.target,
    pool: null,
    node: null,
    phase: 'pending',
    ready: false,
    restarts: slotOf(work, slot).restarts,
    release: spec.release,
    image: spec.body.container.image,
    address: null,
    startedAt: null,
    reason: kit.waitingFor(workId(work)),
    lastExit: null,
    native: { kind: spec.body.driver === 'process' ? 'process' : 'container', name: '', namespace: null },
    note: spec.body.driver === 'process' ? 'host process, not isolated' : null,
  }))
}
