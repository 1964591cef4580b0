// The control plane's heart: asks the reconciler what to do, writes it down, does it, and asks again whenever something
// has happened. All decisions are in reconcile/; all effects go through steps.ts.
import type { DaemonClock } from './clock.ts'
import type { Ledger } from './ledger.ts'
import { type Alloc, holdsThings, type Work, type WorkKey, workId } from './model.ts'
import type { NodePool } from './nodes.ts'
import { eligibleNodes, place } from './placement.ts'
import type { PortLeases } from './port-leases.ts'
import { type Change, decide, type WorkView } from './reconcile/decide.ts'
import { dependencyState } from './reconcile/dependencies.ts'

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

export const createPlane = (deps: PlaneDeps): Plane => {
  const { ledger, clock } = deps
  const dirty = new Set<string>()
  const timers = new Map<string, () => void>()
  const waiting = new Map<string, string>()
  let scheduled = false
  let closed = false

  const viewOf = (work: Work): WorkView => ({
    work,
    allocs: ledger.allocsOf(workId(work)),
    dependencies: Object.fromEntries(
      (work.spec?.body.dependsOn ?? []).flatMap(({ service }) => {
        const id = workId({ ...work, service })
        const found = ledger.work(id)
        return found === undefined || found.spec === null
          ? []
          : [[service, dependencyState(found, ledger.allocsOf(id))] as const]
      }),
    ),
    nodes: work.spec?.body.mode === 'global' ? eligibleNodes(work, work.spec, deps.nodes) : [],
  })

  const pass = (id: string): void => {
    timers.get(id)?.()
    timers.delete(id)
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const work = ledger.work(id)
      if (work === undefined) return
      const decision = decide(viewOf(work), clock.now())
      const refused = carryOut(work, decision.work, decision.changes)
      setWaiting(work, refused ?? decision.waiting)
      const wakeAt = refused === null ? decision.wakeAt : clock.now() + PLACE_AGAIN_MS
      if (decision.work !== work) kickDependents(work)
      if (decision.work === work && (decision.changes.length === 0 || refused !== null)) {
        if (wakeAt !== null)
          timers.set(
            id,
            clock.at(wakeAt, () => kick(id)),
          )
        break
      }
    }
    for (const alloc of ledger.allocsOf(id)) deps.drive(alloc)
    const work = ledger.work(id)
    if (work !== undefined && work.spec === null && ledger.allocsOf(id).length === 0) deps.cleared(work)
  }

  /** A store that cannot be written (full disk) stops decisions, not the daemon: what is not written is not done. */
  const safely = (id: string): void => {
    try {
      pass(id)
    } catch (error) {
      deps.log(`${id}: ${error instanceof Error ? error.message : 'fault'}`)
      timers.get(id)?.()
      timers.set(
        id,
        clock.at(clock.now() + FAULT_PAUSE_MS, () => kick(id)),
      )
    }
  }

  /** Writes the decision down in one transaction; the answer says why a replica found no place. */
  const carryOut = (before: Work, after: Work, changes: readonly Change[]): string | null => {
    let refused: string | null = null
    let written = after === before
    const works = (): { readonly works?: readonly Work[] } => {
      if (written) return {}
      written = true
      return { works: [after] }
    }
    const ends = changes.flatMap((change) => (change.kind === 'allocate' ? [] : endedAlloc(ledger, change)))
    // A fire of a schedule counts as handled only together with its first replica.
    const waits = changes.some((change) => change.kind === 'allocate' && change.run !== null)
    if (ends.length > 0 || (!written && !waits)) ledger.write({ ...(waits ? {} : works()), allocs: ends })
    // One by one: each replica takes its part of the capacity before the next one is placed.
    for (const change of changes) {
      if (change.kind !== 'allocate') continue
      const alloc = allocated(before, change)
      if (typeof alloc === 'string') refused = alloc
      else ledger.write({ ...works(), allocs: [alloc] })
    }
    return refused
  }

  const allocated = (key: WorkKey, change: Extract<Change, { kind: 'allocate' }>): Alloc | string => {
    const placed = place(
      { key, spec: change.spec, slot: change.slot, node: change.node },
      { ledger, nodes: deps.nodes, leasePort: deps.leases.next },
    )
    if (placed.kind === 'refused') return placed.because
    const id = deps.randomId()
    return newAlloc(key, change, { id, now: clock.now(), placed })
  }

  const setWaiting = (work: Work, because: string | null): void => {
    const id = workId(work)
    if ((waiting.get(id) ?? null) === because) return
    if (because === null) waiting.delete(id)
    else waiting.set(id, because)
    ledger.touch(work)
  }

  const kickDependents = (work: WorkKey): void => {
    for (const other of ledger.worksOf(work))
      if (other.spec?.body.dependsOn.some((d) => d.service === work.service)) kick(workId(other))
  }

  const kick = (id: string): void => {
    if (closed) return
    dirty.add(id)
    if (scheduled) return
    scheduled = true
    queueMicrotask(() => {
      scheduled = false
      for (const next of takeAll(dirty)) if (!closed) safely(next)
    })
  }

  const unlisten = ledger.onChange(({ target, app }) => {
    // A change of one service may open the gate of another.
    for (const work of ledger.worksOf({ target, app }))
      if (work.rollout.state === 'progressing' && (work.spec?.body.dependsOn.length ?? 0) > 0) kick(workId(work))
  })

  return {
    kick,
    kickAll: () => {
      for (const work of ledger.works()) kick(workId(work))
    },
    waitingFor: (id) => waiting.get(id) ?? null,
    close: () => {
      closed = true
      unlisten()
      for (const cancel of timers.values()) cancel()
      timers.clear()
    },
  }
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
  intent: 'run',
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

export const isIdle = (allocs: readonly Alloc[]): boolean => !allocs.some(holdsThings)
