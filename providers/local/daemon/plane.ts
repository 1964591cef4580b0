// The control plane's heart: asks the reconciler what to do, writes it down, does it, and asks again whenever something
// has happened. All decisions are in reconcile/; all effects go through steps.ts.
import type { DaemonClock } from './clock.ts'
import type { Ledger } from './ledger.ts'
import { type Alloc, isLive, type Work, type WorkKey, workId } from './model.ts'
import type { NodePool } from './nodes.ts'
import { eligibleNodes, place } from './placement.ts'
import type { PortLeases } from './port-leases.ts'
import { type Change, type Decision, decide, type WorkView } from './reconcile/decide.ts'
import { dependencyState } from './reconcile/dependencies.ts'
import type { AppKey } from './store.ts'

export interface Plane {
  /** Something about the service changed: decide again, soon. */
  kick(id: string): void
  /** All of them: capacity has changed. */
  kickAll(): void
  /** Why nothing starts there, in words. */
  waitingFor(id: string): string | null
  close(): void
}

export interface PlaneDeps {
  readonly ledger: Ledger
  readonly nodes: NodePool
  readonly leases: PortLeases
  readonly clock: DaemonClock
  readonly randomId: () => string
  /** Carries an allocation on by its next step, if it has one and none is under way. */
  readonly drive: (alloc: Alloc) => void
  /** The last replica of a removed service is gone. */
  readonly cleared: (work: Work) => void
  readonly log: (message: string) => void
}

/** A pass ends when a decision changes nothing; more rounds than this would be our bug. */
const MAX_ROUNDS = 20
const PLACE_AGAIN_MS = 3_000
const FAULT_PAUSE_MS = 5_000

interface Loop {
  readonly deps: PlaneDeps
  readonly dirty: Set<string>
  readonly timers: Map<string, () => void>
  readonly waiting: Map<string, string>
  scheduled: boolean
  closed: boolean
}

export const createPlane = (deps: PlaneDeps): Plane => {
  const loop: Loop = { deps, dirty: new Set(), timers: new Map(), waiting: new Map(), scheduled: false, closed: false }
  const unlisten = deps.ledger.onChange((key) => kickGated(key, loop))
  return {
    kick: (id) => kick(id, loop),
    kickAll: () => {
      for (const work of deps.ledger.works()) kick(workId(work), loop)
    },
    waitingFor: (id) => loop.waiting.get(id) ?? null,
    close: () => {
      loop.closed = true
      unlisten()
      for (const cancel of loop.timers.values()) cancel()
      loop.timers.clear()
    },
  }
}

const kick = (id: string, loop: Loop): void => {
  if (loop.closed) return
  loop.dirty.add(id)
  if (loop.scheduled) return
  loop.scheduled = true
  queueMicrotask(() => {
    loop.scheduled = false
    for (const next of takeAll(loop.dirty)) if (!loop.closed) safely(next, loop)
  })
}

/** A change of one service may open the gate of another. */
const kickGated = (key: AppKey, loop: Loop): void => {
  for (const work of loop.deps.ledger.worksOf(key))
    if (work.rollout.state === 'progressing' && (work.spec?.body.dependsOn.length ?? 0) > 0) kick(workId(work), loop)
}

/** A store that cannot be written (full disk) stops decisions, not the daemon: what is not written is not done. */
const safely = (id: string, loop: Loop): void => {
  try {
    pass(id, loop)
  } catch (error) {
    loop.deps.log(`${id}: ${error instanceof Error ? error.message : 'fault'}`)
    wakeAt(id, loop.deps.clock.now() + FAULT_PAUSE_MS, loop)
  }
}

const wakeAt = (id: string, time: number, loop: Loop): void => {
  loop.timers.get(id)?.()
  loop.timers.set(
    id,
    loop.deps.clock.at(time, () => kick(id, loop)),
  )
}

/** Decides until nothing changes any more, then carries every allocation on. */
const pass = (id: string, loop: Loop): void => {
  const { ledger, drive, cleared } = loop.deps
  loop.timers.get(id)?.()
  loop.timers.delete(id)
  for (let round = 0; round < MAX_ROUNDS; round++) if (!decideOnce(id, loop)) break
  for (const alloc of ledger.allocsOf(id)) drive(alloc)
  const work = ledger.work(id)
  if (work !== undefined && work.spec === null && ledger.allocsOf(id).length === 0) cleared(work)
}

/** True when something changed, and it must be asked again. */
const decideOnce = (id: string, loop: Loop): boolean => {
  const { ledger, clock } = loop.deps
  const work = ledger.work(id)
  if (work === undefined) return false
  const decision = decide(viewOf(work, loop), clock.now())
  const refused = carryOut(work, decision, loop)
  setWaiting(work, refused ?? decision.waiting, loop)
  if (decision.work !== work) return true
  if (decision.changes.length > 0 && refused === null) return true
  const time = refused === null ? decision.wakeAt : clock.now() + PLACE_AGAIN_MS
  if (time !== null) wakeAt(id, time, loop)
  return false
}

const viewOf = (work: Work, { deps: { ledger, nodes } }: Loop): WorkView => ({
  work,
  allocs: ledger.allocsOf(workId(work)),
  dependencies: Object.fromEntries(
    (work.spec?.body.dependsOn ?? []).flatMap(({ service }) => {
      const id = workId({ ...work, service })
      const found = ledger.work(id)
      if (found === undefined || found.spec === null) return []
      return [[service, dependencyState(found, ledger.allocsOf(id))] as const]
    }),
  ),
  nodes: work.spec?.body.mode === 'global' ? eligibleNodes(work, work.spec, nodes) : [],
})

/** Writes the decision down before anything is done; the answer says why a replica found no place. */
const carryOut = (before: Work, decision: Decision, loop: Loop): string | null => {
  const { ledger } = loop.deps
  const starts = decision.changes.filter((change) => change.kind === 'allocate')
  const ends = decision.changes.flatMap((change) => (change.kind === 'allocate' ? [] : endedAlloc(ledger, change)))
  // A fire of a schedule counts as handled only together with its first replica.
  const waits = starts.some((change) => change.run !== null)
  let works = decision.work === before ? [] : [decision.work]
  if (ends.length > 0 || (works.length > 0 && !waits)) {
    ledger.write({ works: waits ? [] : works, allocs: ends })
    if (!waits) works = []
  }
  let refused: string | null = null
  // One by one: each replica takes its part of the capacity before the next one is placed.
  for (const change of starts) {
    const made = allocated(before, change, loop)
    // What is only made ahead need not find its place yet: it still waits for the same as before.
    if (typeof made === 'string') refused = change.ahead === true ? (decision.waiting ?? made) : made
    else {
      ledger.write({ works, allocs: [made] })
      works = []
    }
  }
  return refused
}

type Start = Extract<Change, { kind: 'allocate' }>

const allocated = (key: WorkKey, change: Start, { deps }: Loop): Alloc | string => {
  const { ledger, nodes, leases, clock } = deps
  const placed = place(
    { key, spec: change.spec, slot: change.slot, node: change.node },
    { ledger, nodes, leasePort: leases.next },
  )
  if (placed.kind === 'placed') return newAlloc(key, change, { id: deps.randomId(), now: clock.now(), placed })
  makeRoom(key, change, ledger)
  return placed.because
}

/** Cards are not shared for a moment either: where none is free beside the old replica, that one goes first. */
const makeRoom = (key: WorkKey, change: Start, ledger: Ledger): void => {
  if (change.spec.body.placement.gpu === null) return
  const holders = ledger.allocsOf(workId(key)).filter((a) => a.slot === change.slot && isLive(a) && a.gpuIds.length > 0)
  const ends = holders.map(
    (a): Alloc => ({
      ...a,
      intent: a.state === 'running' ? 'stop' : 'remove',
      because: 'its card is needed for the replica that follows it',
    }),
  )
  if (ends.length > 0) ledger.write({ allocs: ends })
}

const setWaiting = (work: Work, because: string | null, { deps, waiting }: Loop): void => {
  const id = workId(work)
  if ((waiting.get(id) ?? null) === because) return
  if (because === null) waiting.delete(id)
  else waiting.set(id, because)
  deps.ledger.touch(work)
}

const takeAll = (set: Set<string>): readonly string[] => {
  const all = [...set]
  set.clear()
  return all
}

const endedAlloc = (ledger: Ledger, change: Exclude<Change, { kind: 'allocate' }>): readonly Alloc[] => {
  const alloc = ledger.alloc(change.id)
  return alloc === undefined ? [] : [{ ...alloc, intent: change.kind, because: change.because }]
}

interface Made {
  readonly id: string
  readonly now: number
  readonly placed: { readonly node: string; readonly gpuIds: readonly string[]; readonly ports: Alloc['ports'] }
}

const newAlloc = (key: WorkKey, change: Extract<Change, { kind: 'allocate' }>, made: Made): Alloc => ({
  target: key.target,
  app: key.app,
  service: key.service,
  id: made.id,
  name: allocName(key, change, made.id),
  slot: change.slot,
  node: made.placed.node,
  spec: change.spec,
  run: change.run,
  createdAt: made.now,
  intent: change.ahead === true ? 'create' : 'run',
  because: change.because,
  state: 'new',
  health: 'starting',
  reason: null,
  startedAt: null,
  readyAt: null,
  exit: null,
  error: null,
  lastLogs: [],
  ports: made.placed.ports,
  gpuIds: made.placed.gpuIds,
  native: null,
  image: null,
})

/** container_name is the container's own name where there is one replica and the old one stops first. */
const allocName = (key: WorkKey, change: Extract<Change, { kind: 'allocate' }>, id: string): string => {
  const { containerName, replicas, update } = change.spec.body
  if (containerName !== null && replicas <= 1 && update.order !== 'start-first') return containerName
  return `${key.app}-${key.service}-${change.slot}-${id.slice(0, 6)}`
}
