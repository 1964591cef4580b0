// Carries each allocation on by one step at a time, a bounded number per engine. A step that was cut off, by us or by an
// engine that went away, is begun again: every effect is idempotent.
import { isStormportError } from '../../../core/errors.ts'
import type { AllocState } from './driver.ts'
import { createAlloc, launchAlloc, removeAlloc, stopAlloc } from './effects.ts'
import { exitOf, recordEnd, recordRefusal } from './endings.ts'
import type { Kit } from './kit.ts'
import { maskFor } from './mask.ts'
import { type Alloc, type AllocError, workId } from './model.ts'
import type { PoolNode } from './nodes.ts'

export interface Steps {
  drive(alloc: Alloc): void
  /** The engine says that it has ended, or it was found ended; null: it is gone without a trace. */
  ended(id: string, seen: AllocState | null): Promise<void>
  /** An engine answers again: what waited for it goes on at once. */
  engineBack(): void
  /** Resolves when no step is under way. */
  settled(): Promise<void>
}

type StepKind = 'create' | 'launch' | 'stop' | 'remove' | 'end'

interface Busy {
  readonly kind: StepKind
  readonly over: AbortController
  readonly done: Promise<void>
}

const AGAIN_MS = 1_000
const LONGEST_AGAIN_MS = 15_000
/** Of those that launch; and as many that are only made ahead, so that these keep nobody waiting. */
const LAUNCHES_PER_ENGINE = 8

interface Held {
  readonly kind: StepKind
  readonly tries: number
  readonly cancel: (() => void) | null
}

interface Desk {
  readonly kit: Kit
  readonly busy: Map<string, Busy>
  /** Steps that failed for a passing reason: how often, and the timer of the next try. */
  readonly held: Map<string, Held>
}

export const createSteps = (kit: Kit): Steps => {
  const desk: Desk = { kit, busy: new Map(), held: new Map() }
  kit.signal.addEventListener('abort', () => {
    for (const { cancel } of desk.held.values()) cancel?.()
  })
  return {
    drive: (alloc) => drive(alloc, desk),
    engineBack: () => {
      for (const id of [...desk.held.keys()]) again(id, desk)
    },
    ended: async (id, seen) => {
      const alloc = kit.ledger.alloc(id)
      // A step that is under way finds out by itself.
      if (alloc === undefined || alloc.state !== 'running' || desk.busy.has(id)) return
      const exit =
        seen === null
          ? { code: null, signal: null, oomKilled: false, at: kit.clock.now() }
          : exitOf(seen, kit.clock.now())
      await occupy(alloc, 'end', desk, () => recordEnd(alloc, exit, kit))
    },
    settled: async () => {
      while (desk.busy.size > 0) await Promise.allSettled([...desk.busy.values()].map((b) => b.done))
    },
  }
}

const drive = (alloc: Alloc, desk: Desk): void => {
  const { kit } = desk
  if (kit.signal.aborted) return
  const kind = nextStep(alloc)
  const current = desk.busy.get(alloc.id)
  // What is wanted has changed under a launch: it is called off, and what it left is removed.
  if ((current?.kind === 'launch' || current?.kind === 'create') && kind === 'remove') current.over.abort()
  if (kind !== 'create') forgetCreate(alloc.id, desk)
  if (current !== undefined || desk.held.get(alloc.id)?.cancel) return
  const node = kit.nodes.node(alloc.target, alloc.node)
  if (node === undefined) return
  if (kind === null) {
    if (alloc.state === 'running' && alloc.intent === 'run') kit.probes.watch(alloc, node)
    return
  }
  if ((kind === 'launch' || kind === 'create') && countOn(node, kind, desk) >= LAUNCHES_PER_ENGINE) return
  void occupy(alloc, kind, desk, (signal) => effect(kind, alloc, node, desk, signal))
}

/** What could not be made ahead must not keep its start, or its end, waiting. */
const forgetCreate = (id: string, { held }: Desk): void => {
  const found = held.get(id)
  if (found?.kind !== 'create') return
  found.cancel?.()
  held.delete(id)
}

const nextStep = (alloc: Alloc): Exclude<StepKind, 'end'> | null => {
  if (alloc.intent === 'remove') return 'remove'
  if (alloc.intent === 'stop') return alloc.state === 'running' ? 'stop' : null
  if (alloc.intent === 'create') return alloc.state === 'new' ? 'create' : null
  return alloc.state === 'new' || alloc.state === 'created' ? 'launch' : null
}

const countOn = (node: PoolNode, kind: StepKind, { kit, busy }: Desk): number =>
  [...busy].filter(([id, b]) => {
    const alloc = b.kind === kind ? kit.ledger.alloc(id) : undefined
    return alloc !== undefined && kit.nodes.node(alloc.target, alloc.node)?.engine === node.engine
  }).length

const effect = async (
  kind: Exclude<StepKind, 'end'>,
  alloc: Alloc,
  node: PoolNode,
  desk: Desk,
  signal: AbortSignal,
): Promise<void> => {
  const run = { create: createAlloc, launch: launchAlloc, stop: stopAlloc, remove: removeAlloc }[kind]
  try {
    await run(alloc, node, desk.kit, signal)
    desk.held.delete(alloc.id)
  } catch (error) {
    if (signal.aborted) return
    await afterFault(kind, alloc, faultOf(error), desk)
  }
}

const afterFault = async (kind: StepKind, alloc: Alloc, fault: AllocError, desk: Desk): Promise<void> => {
  const { kit } = desk
  const error = { code: fault.code, message: maskFor(alloc, kit.secrets)(fault.message) }
  kit.log(`${alloc.name}: ${kind}: ${error.message}`)
  if (kind === 'launch' && !isPassing(error.code)) return recordRefusal(alloc, error, kit)
  const now = kit.ledger.alloc(alloc.id)
  if (now !== undefined) kit.ledger.write({ allocs: [{ ...now, reason: error.message }] })
  const tries = (desk.held.get(alloc.id)?.tries ?? 0) + 1
  const at = kit.clock.now() + Math.min(LONGEST_AGAIN_MS, AGAIN_MS * 2 ** (tries - 1))
  desk.held.set(alloc.id, { kind, tries, cancel: kit.clock.at(at, () => again(alloc.id, desk)) })
}

/** The count of tries stays until the step succeeds, so that the pauses grow. */
const again = (id: string, desk: Desk): void => {
  const held = desk.held.get(id)
  const alloc = desk.kit.ledger.alloc(id)
  held?.cancel?.()
  if (held === undefined) return
  if (alloc === undefined) desk.held.delete(id)
  else {
    desk.held.set(id, { ...held, cancel: null })
    drive(alloc, desk)
  }
}

/** While a step is under way nothing else happens to the allocation; afterwards everything is decided anew. */
const occupy = (
  alloc: Alloc,
  kind: StepKind,
  desk: Desk,
  run: (signal: AbortSignal) => Promise<void>,
): Promise<void> => {
  const { kit, busy } = desk
  const over = new AbortController()
  const done = run(AbortSignal.any([over.signal, kit.signal]))
    .catch((error: unknown) => {
      if (!kit.signal.aborted) kit.log(`${alloc.name}: ${kind}: ${faultOf(error).message}`)
    })
    .finally(() => {
      busy.delete(alloc.id)
      kit.say(alloc.id, null)
      kit.kick(workId(alloc))
      if (kind === 'launch' || kind === 'create')
        for (const other of kit.ledger.allocs()) if (nextStep(other) === kind) drive(other, desk)
    })
  busy.set(alloc.id, { kind, over, done })
  return done
}

const faultOf = (error: unknown): AllocError =>
  isStormportError(error)
    ? { code: error.code, message: error.message }
    : { code: 'Internal', message: error instanceof Error ? error.message : 'unknown fault' }

/** The engine is away or overworked: that says nothing about the replica. */
const isPassing = (code: AllocError['code']): boolean =>
  code === 'Unreachable' || code === 'Throttled' || code === 'Timeout' || code === 'Aborted'
