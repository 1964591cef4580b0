// What happened to a replica, written down once: it ended, could not start, became ready, turned unhealthy. The judgement
// of it is in reconcile/outcome.ts and is stored in the same transaction.
import type { AllocState } from './driver.ts'
import type { Kit } from './kit.ts'
import { lastLogs } from './launch.ts'
import { maskFor } from './mask.ts'
import { type Alloc, type AllocError, type Exit, type Work, workId } from './model.ts'
import { onEnd, onReady, onUnhealthy, replacesUnhealthy } from './reconcile/outcome.ts'
import type { ProbeState } from './reconcile/probe.ts'

const LOGS_MS = 1_000

export const exitOf = (seen: AllocState, now: number): Exit => ({
  code: seen.exitCode,
  signal: seen.signal,
  oomKilled: seen.oomKilled,
  at: seen.finishedAt === null ? now : Date.parse(seen.finishedAt),
})

/** It ended while it should run. */
export const recordEnd = async (alloc: Alloc, exit: Exit, kit: Kit): Promise<void> => {
  kit.probes.drop(alloc.id)
  const logs = await logsOf(alloc, kit)
  const now = kit.ledger.alloc(alloc.id)
  if (now === undefined || now.state === 'exited') return
  judge({ ...now, state: 'exited', exit, lastLogs: logs }, kit, (work, gone) => onEnd(work, gone, kit.clock.now()))
  if (now.readyAt !== null) void kit.proxy.push()
  kit.freed()
}

/** It could not be started, and repeating the step will not mend it. */
export const recordRefusal = async (alloc: Alloc, error: AllocError, kit: Kit): Promise<void> => {
  const logs = await logsOf(alloc, kit)
  const now = kit.ledger.alloc(alloc.id)
  if (now === undefined) return
  judge({ ...now, state: 'exited', error, reason: error.message, lastLogs: logs }, kit, (work, gone) =>
    onEnd(work, gone, kit.clock.now()),
  )
}

export const recordHealth = async (id: string, state: ProbeState, kit: Kit): Promise<void> => {
  const alloc = current(id, kit)
  if (alloc === null) return
  const reason = state.reason === null ? null : maskFor(alloc, kit.secrets)(state.reason)
  if (state.health === alloc.health) return kit.ledger.write({ allocs: [{ ...alloc, reason }] })
  if (state.health === 'ready') return becameReady(id, reason, kit)
  if (state.health === 'unhealthy') return becameUnhealthy(alloc, reason, kit)
}

const becameReady = async (id: string, reason: string | null, kit: Kit): Promise<void> => {
  const before = current(id, kit)
  if (before !== null) await kit.addresses.resolve(before, kit.signal)
  const alloc = current(id, kit)
  if (alloc === null) return
  judge({ ...alloc, health: 'ready', reason, readyAt: alloc.readyAt ?? kit.clock.now() }, kit, (work, ready) =>
    onReady(work, ready, kit.clock.now()),
  )
  void kit.proxy.push()
}

const becameUnhealthy = async (before: Alloc, reason: string | null, kit: Kit): Promise<void> => {
  const logs = await logsOf(before, kit)
  const alloc = current(before.id, kit)
  const work = kit.ledger.work(workId(before))
  if (alloc === null || work === undefined) return
  const next: Alloc = { ...alloc, health: 'unhealthy', reason, lastLogs: logs }
  const leaves = replacesUnhealthy(work, next)
  judge(leaves ? { ...next, intent: 'stop', because: 'it did not become healthy' } : next, kit, (w) =>
    onUnhealthy(w, next, kit.clock.now()),
  )
  void kit.proxy.push()
}

const judge = (alloc: Alloc, kit: Kit, rule: (work: Work, alloc: Alloc) => Work): void => {
  const work = kit.ledger.work(workId(alloc))
  kit.ledger.write({ allocs: [alloc], works: work === undefined ? [] : [rule(work, alloc)] })
  kit.kick(workId(alloc))
}

const current = (id: string, kit: Kit): Alloc | null => {
  const alloc = kit.ledger.alloc(id)
  return alloc !== undefined && alloc.state === 'running' && alloc.intent === 'run' ? alloc : null
}

const logsOf = async (alloc: Alloc, kit: Kit): Promise<readonly string[]> => {
  const node = kit.nodes.node(alloc.target, alloc.node)
  if (node === undefined) return []
  return lastLogs(alloc, node, AbortSignal.any([kit.signal, AbortSignal.timeout(LOGS_MS)]))
}
