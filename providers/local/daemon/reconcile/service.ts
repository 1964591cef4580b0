// Long-running services: slots, rolling updates, healing (DESIGN sections 3 and 4). Each slot holds at most one replica of
// the spec in force; an older one leaves when its successor is ready (start-first) or before it comes (stop-first).
import { type Alloc, isAhead, isLive, isReady, type Slot, type SpecVersion, slotOf, type Work } from '../model.ts'
import { endsOfAhead, slotsToMake } from './ahead.ts'
import { type Change, type Decision, endOf, type WorkView } from './decide.ts'
import { gateOf } from './dependencies.ts'

interface Place {
  readonly slot: number
  /** mode global: the node that it belongs to. */
  readonly node: string | null
}

export interface SlotView extends Place {
  /** Of the spec in force. */
  readonly current: Alloc | undefined
  /** Of the spec in force too, made ahead of its start. */
  readonly ahead: Alloc | undefined
  /** Live ones of other specs. */
  readonly old: readonly Alloc[]
  /** Told to stop, not gone yet. */
  readonly leaving: readonly Alloc[]
}

export const decideService = (view: WorkView, spec: SpecVersion, now: number): Decision => {
  const gate = gateOf(spec, view)
  if (gate.kind === 'broken' && view.work.rollout.state === 'progressing')
    return { work: brokenBy(view.work, spec, gate.because), changes: [], wakeAt: now, waiting: gate.because }
  const inForce = specInForce(view.work, spec)
  const places = placesOf(view, inForce)
  const slots = places.map((place) => slotView(place, view.allocs, inForce))
  const surplus = surplusOf(view.allocs, slots)
  const settled = slots.flatMap(supersededIn)
  const started = startsOf({ view, spec: inForce, slots, now })
  const cleared = corpsesOf(view.allocs, places)
  const rollout = rolloutOf(
    { view, spec: inForce, slots, quiet: surplus.length + settled.length + started.changes.length === 0 },
    now,
  )
  return {
    work: rollout.work,
    changes: [...surplus, ...settled, ...started.changes, ...cleared],
    wakeAt: earliest([started.wakeAt, rollout.wakeAt]),
    waiting: started.waiting,
  }
}

/** What it must wait for has failed: the rollout ends here, and what served before serves on. */
export const brokenBy = (work: Work, spec: SpecVersion, because: string): Work => ({
  ...work,
  rollout: {
    ...work.rollout,
    state: 'failed',
    failure: { hash: spec.hash, release: spec.release, reason: 'DependencyFailed', message: because, lastLogs: [] },
  },
})

/** A rollout that has failed and holds: the spec before it serves on, and what is new goes. */
export const specInForce = (work: Work, spec: SpecVersion): SpecVersion =>
  work.rollout.state === 'failed' && work.stable !== null ? work.stable : spec

const placesOf = (view: WorkView, spec: SpecVersion): readonly Place[] => {
  if (spec.body.mode === 'replicated')
    return Array.from({ length: spec.body.replicas }, (_, i) => ({ slot: i + 1, node: null }))
  const taken = new Map(view.allocs.map((a) => [a.node, a.slot]))
  const used = new Set(taken.values())
  return view.nodes.map((node) => {
    let slot = taken.get(node)
    for (let next = 1; slot === undefined; next++) if (!used.has(next)) slot = next
    used.add(slot)
    return { slot, node }
  })
}

const slotView = (place: Place, allocs: readonly Alloc[], spec: SpecVersion): SlotView => {
  const here = allocs.filter((a) => a.slot === place.slot)
  const live = here.filter(isLive).sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? -1 : 1))
  const current = live.find((a) => a.spec.replicaHash === spec.replicaHash)
  return {
    ...place,
    current,
    ahead: here.find((a) => isAhead(a) && a.spec.replicaHash === spec.replicaHash),
    old: live.filter((a) => a !== current),
    leaving: here.filter((a) => a.intent === 'stop' && a.state !== 'exited'),
  }
}

/** Replicas of slots that are no longer wanted, highest first. */
const surplusOf = (allocs: readonly Alloc[], slots: readonly SlotView[]): readonly Change[] => {
  const wanted = new Set(slots.map((s) => s.slot))
  return allocs
    .filter((a) => !wanted.has(a.slot))
    .sort((a, b) => b.slot - a.slot)
    .flatMap((a) => endOf(a, 'fewer replicas are wanted'))
}

/** An old replica leaves when its successor is ready, or at once if it never served anybody. */
const supersededIn = (slot: SlotView): readonly Change[] => {
  const { current } = slot
  if (current === undefined) return []
  return slot.old
    .filter((old) => isReady(current) || old.readyAt === null)
    .flatMap((old) => endOf(old, `replaced by ${current.id}`))
}

interface StartInput {
  readonly view: WorkView
  readonly spec: SpecVersion
  readonly slots: readonly SlotView[]
  readonly now: number
}

interface Starts {
  readonly changes: readonly Change[]
  readonly wakeAt: number | null
  readonly waiting: string | null
}

const startsOf = (input: StartInput): Starts => {
  const { view, spec, slots, now } = input
  const { rollout } = view.work
  // Once a spec has served, its replicas are healed without looking at others.
  const rolling = rollout.state === 'progressing' || (rollout.state === 'failed' && view.work.stable === null)
  const gate = rolling ? gateOf(spec, view) : ({ kind: 'open' } as const)
  const budget = budgetOf(input)
  const ahead = { work: view.work, spec, gate, now }
  const changes: Change[] = [...endsOfAhead(view, slots, ahead)]
  let wakeAt: number | null = null
  const updates = slots.filter((s) => s.current === undefined && s.old.length > 0)
  const missing = slots.filter((s) => s.current === undefined && s.old.length === 0)
  if (gate.kind !== 'open') {
    for (const slot of slotsToMake(slots, ahead))
      changes.push({ ...allocate(slot, spec, startWords(view.work, false)), ahead: true })
    return { changes, wakeAt, waiting: missing.length + updates.length > 0 ? gate.because : null }
  }
  for (const slot of missing) {
    if (slot.ahead !== undefined) {
      changes.push({ kind: 'run', id: slot.ahead.id, because: slot.ahead.because })
      continue
    }
    const memory = slotOf(view.work, slot.slot)
    if (memory.finished || (slot.leaving.length > 0 && !overlaps(spec))) continue
    if (memory.notBefore > now) wakeAt = earliest([wakeAt, memory.notBefore])
    else if (budget.left > 0 || !rolling) {
      changes.push(allocate(slot, spec, startWords(view.work, memory.restarts > 0 && memory.crashes > 0)))
      budget.left--
    }
  }
  const pauseUntil = (rollout.settledAt ?? 0) + spec.body.update.delayMs
  const paused = rollout.settledAt !== null && pauseUntil > now
  if (paused && updates.length > 0) return { changes, wakeAt: earliest([wakeAt, pauseUntil]), waiting: null }
  for (const slot of updates) {
    if (budget.left <= 0) break
    const memory = slotOf(view.work, slot.slot)
    if (memory.notBefore > now) {
      wakeAt = earliest([wakeAt, memory.notBefore])
      continue
    }
    budget.left--
    if (overlaps(spec)) changes.push(allocate(slot, spec, 'its spec changed'))
    else changes.push(...slot.old.flatMap((old) => endOf(old, 'its spec changed; the old replica stops first')))
  }
  return { changes, wakeAt, waiting: null }
}

type Allocation = Extract<Change, { kind: 'allocate' }>

const allocate = (slot: SlotView, spec: SpecVersion, because: string): Allocation => ({
  kind: 'allocate',
  slot: slot.slot,
  spec,
  run: null,
  node: slot.node,
  because,
})

const startWords = (work: Work, again: boolean): string => {
  if (again) return 'the one before ended'
  return work.rollout.kind === 'create'
    ? 'the service is new'
    : work.rollout.kind === 'scale'
      ? 'more replicas are wanted'
      : 'its spec changed'
}

/** How many slots may be on their way at once: all of a first deploy; one of an update until a replica has proved it. */
const budgetOf = ({ view, spec, slots }: StartInput): { left: number } => {
  const busy = slots.filter(
    (s) =>
      (s.current !== undefined && !isReady(s.current)) ||
      (s.current === undefined && s.old.length === 0 && s.leaving.length > 0),
  ).length
  const { kind, proven } = view.work.rollout
  if (kind === 'create' || kind === 'scale') return { left: Number.POSITIVE_INFINITY }
  const parallelism = spec.body.update.parallelism === 0 ? slots.length : spec.body.update.parallelism
  return { left: Math.max(0, (proven ? parallelism : 1) - busy) }
}

/** Start-first unless the file says otherwise or two replicas of one slot cannot live side by side. */
export const overlaps = (spec: SpecVersion): boolean => {
  const { body } = spec
  if (body.singleton || body.update.order === 'stop-first') return false
  const hostPort = body.ports.some((p) => p.mode === 'host' && p.published !== null)
  const ownVolume = body.replicas <= 1 && body.container.mounts.some((m) => m.kind === 'volume' && !m.readOnly)
  const ownName =
    body.containerName !== null && body.replicas <= 1 && body.update.order === null && body.driver === 'docker'
  const networkOfHost =
    body.driver === 'docker' && body.container.compose.network_mode === 'host' && body.update.order === null
  return !hostPort && !ownVolume && !ownName && !networkOfHost
}

/** The newest dead replica of a slot stays for its logs until a good one stands there. */
const corpsesOf = (allocs: readonly Alloc[], places: readonly Place[]): readonly Change[] => {
  const wanted = new Set(places.map((p) => p.slot))
  const dead = allocs.filter((a) => a.state === 'exited' && a.intent !== 'remove' && wanted.has(a.slot))
  return dead.flatMap((a) => {
    const good = allocs.some((b) => b.slot === a.slot && isReady(b))
    const newer = dead.some(
      (b) =>
        b.slot === a.slot && b !== a && (b.createdAt > a.createdAt || (b.createdAt === a.createdAt && b.id > a.id)),
    )
    return good || newer || a.intent === 'stop' ? endOf(a, 'it has ended') : []
  })
}

interface RolloutInput {
  readonly view: WorkView
  readonly spec: SpecVersion
  readonly slots: readonly SlotView[]
  /** This pass changes nothing. */
  readonly quiet: boolean
}

/** Complete: every slot is ready, nothing surplus is left, and it has been so for `monitor`. */
const rolloutOf = (input: RolloutInput, now: number): { readonly work: Work; readonly wakeAt: number | null } => {
  const { work } = input.view
  const { rollout } = work
  if (rollout.state === 'complete' || (rollout.state === 'failed' && work.stable !== null))
    return { work, wakeAt: null }
  if (!input.quiet || !isAsWanted(input))
    return {
      work: rollout.readySince === null ? work : { ...work, rollout: { ...rollout, readySince: null } },
      wakeAt: null,
    }
  const readySince = rollout.readySince ?? now
  const monitorMs = rollout.kind === 'update' ? input.spec.body.update.monitorMs : 0
  if (now - readySince < monitorMs)
    return {
      work: rollout.readySince === readySince ? work : { ...work, rollout: { ...rollout, readySince } },
      wakeAt: readySince + monitorMs,
    }
  return { work: completed(work, now), wakeAt: null }
}

const isAsWanted = ({ view, slots }: RolloutInput): boolean => {
  const leftovers = view.allocs.some((a) => a.state !== 'exited' && !slots.some((s) => s.current === a))
  return (
    !leftovers &&
    slots.every((s) => (s.current === undefined ? endedWell(slotOf(view.work, s.slot)) : isReady(s.current)))
  )
}

/** Not to be started again, and content. */
const endedWell = (slot: Slot): boolean => slot.finished && slot.lastExit?.code === 0

const completed = (work: Work, now: number): Work => ({
  ...work,
  stable: work.spec,
  rollout: {
    ...work.rollout,
    state: 'complete',
    proven: true,
    readySince: work.rollout.readySince ?? now,
    failure: work.rollout.kind === 'rollback' ? work.rollout.failure : null,
  },
  slots: Object.fromEntries(Object.entries(work.slots).map(([n, slot]) => [n, { ...slot, failures: 0 }])),
})

export const earliest = (times: readonly (number | null)[]): number | null => {
  const known = times.filter((t) => t !== null)
  return known.length === 0 ? null : Math.min(...known)
}
