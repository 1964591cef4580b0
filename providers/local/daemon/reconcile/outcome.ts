// What the end or the health of a replica means for its slot and its rollout: counted exactly once, in the same
// transaction that stores the event. Pure.
import type { RestartPolicy } from '../../../../core/model/app.ts'
import { formatBytes } from '../../../../core/model/quantity.ts'
import { type Alloc, type Exit, type Failure, type Slot, slotOf, type Work } from '../model.ts'

/** A run this long ends a row of crashes, as Docker counts. */
const GOOD_RUN_MS = 10_000
const KILL_BACKOFF_MS = 100
/** A program that ends by itself so soon wants its surroundings to change first. */
const CRASH_BACKOFF_MS = 500
const MAX_BACKOFF_MS = 60_000
const MAX_FAILURES = 3

/** An allocation ended though it should run, or could not be started. */
export const onEnd = (work: Work, alloc: Alloc, now: number): Work => {
  const { spec } = work
  if (spec === null || alloc.intent !== 'run') return work
  const slot = slotOf(work, alloc.slot)
  if (endsWell(work, alloc))
    return withSlot({ ...work, succeededOnce: work.succeededOnce || spec.body.kind === 'job' }, alloc.slot, {
      ...slot,
      finished: true,
      lastExit: alloc.exit,
      crashes: 0,
    })
  const policy = alloc.spec.body.restart
  const crashes = ranWell(alloc) ? 1 : slot.crashes + 1
  const attempts = withinWindow([...slot.attempts, now], policy, now)
  const again = mayRestart(alloc, policy, attempts.length)
  const next: Slot = {
    ...slot,
    lastExit: alloc.exit,
    crashes,
    attempts,
    finished: !again,
    restarts: again ? slot.restarts + 1 : slot.restarts,
    notBefore: now + (policy?.delayMs ?? backoff(alloc, crashes)),
    failures: isOfRollout(work, alloc) ? slot.failures + 1 : slot.failures,
  }
  return judged(withSlot(work, alloc.slot, next), alloc)
}

/** It was to become ready and did not, or stopped answering: counts for a rollout only. */
export const onUnhealthy = (work: Work, alloc: Alloc, now: number): Work => {
  if (work.spec === null || !isOfRollout(work, alloc)) return work
  const slot = slotOf(work, alloc.slot)
  const leaves = replacesUnhealthy(work, alloc)
  const next = {
    ...slot,
    failures: slot.failures + 1,
    restarts: leaves ? slot.restarts + 1 : slot.restarts,
    notBefore: leaves ? now + CRASH_BACKOFF_MS : slot.notBefore,
  }
  return judged(withSlot(work, alloc.slot, next), alloc)
}

/** In a rollout, a replica that never became healthy makes room for a fresh attempt; one that served once stays, as in Docker. */
export const replacesUnhealthy = (work: Work, alloc: Alloc): boolean =>
  isOfRollout(work, alloc) && alloc.readyAt === null

export const onReady = (work: Work, alloc: Alloc, now: number): Work =>
  work.rollout.state === 'progressing' && work.spec?.replicaHash === alloc.spec.replicaHash
    ? { ...work, rollout: { ...work.rollout, proven: true, settledAt: now } }
    : work

const isOfRollout = (work: Work, alloc: Alloc): boolean =>
  work.rollout.state === 'progressing' && work.spec?.replicaHash === alloc.spec.replicaHash

/** One-shot work ends with 0. A service that ends with 0 while it is first deployed looks like a job and counts as one. */
const endsWell = (work: Work, alloc: Alloc): boolean => {
  if (alloc.exit?.code !== 0) return false
  if (alloc.spec.body.kind !== 'service' || alloc.spec.body.restart?.condition === 'none') return true
  return alloc.spec.body.restart === null && work.rollout.kind === 'create' && work.rollout.state === 'progressing'
}

const ranWell = (alloc: Alloc): boolean =>
  alloc.startedAt !== null && alloc.exit !== null && alloc.exit.at - alloc.startedAt >= GOOD_RUN_MS

const backoff = (alloc: Alloc, crashes: number): number => {
  const killed =
    alloc.exit !== null && (alloc.exit.signal !== null || alloc.exit.code === null || alloc.exit.code > 128)
  return Math.min(MAX_BACKOFF_MS, (killed ? KILL_BACKOFF_MS : CRASH_BACKOFF_MS) * 2 ** (crashes - 1))
}

const withinWindow = (attempts: readonly number[], policy: RestartPolicy | null, now: number): readonly number[] => {
  const windowMs = policy?.windowMs ?? null
  const kept = windowMs === null || windowMs === 0 ? attempts : attempts.filter((at) => now - at <= windowMs)
  return kept.slice(-100)
}

const mayRestart = (alloc: Alloc, policy: RestartPolicy | null, attempts: number): boolean => {
  if (policy === null) return alloc.spec.body.kind === 'service'
  if (policy.condition === 'none') return false
  if (policy.condition === 'on-failure' && alloc.exit?.code === 0) return false
  return policy.maxAttempts === null || attempts <= policy.maxAttempts
}

/** A failed launch that no repetition can mend. */
const HOPELESS = new Set(['ImageNotFound', 'InvalidSpec', 'Unsupported', 'Forbidden', 'Unauthenticated'])

const judged = (work: Work, alloc: Alloc): Work => {
  const { spec } = work
  if (spec === null || work.rollout.state !== 'progressing' || !isOfRollout(work, alloc)) return work
  if (!hasFailed(work, alloc)) return work
  const failure = failureOf(work, alloc)
  const { failureAction, kind } = spec.body
  if (kind === 'service' && failureAction === 'continue' && work.stable !== null) return work
  const canReturn =
    kind === 'service' &&
    failureAction === 'rollback' &&
    work.rollout.kind === 'update' &&
    work.stable !== null &&
    work.stable.replicaHash !== spec.replicaHash
  if (!canReturn) return { ...work, rollout: { ...work.rollout, state: 'failed', failure } }
  return {
    ...work,
    spec: work.stable,
    rollout: {
      kind: 'rollback',
      state: 'progressing',
      startedAt: work.rollout.startedAt,
      proven: true,
      settledAt: null,
      readySince: null,
      failure,
    },
    slots: Object.fromEntries(
      Object.entries(work.slots).map(([n, s]) => [n, { ...s, crashes: 0, failures: 0, notBefore: 0, finished: false }]),
    ),
  }
}

const hasFailed = (work: Work, alloc: Alloc): boolean => {
  if (alloc.error !== null && HOPELESS.has(alloc.error.code)) return true
  const { spec } = work
  const slot = slotOf(work, alloc.slot)
  if (slot.finished && slot.failures > 0) return true
  const ratio = spec?.body.kind === 'service' ? spec.body.update.maxFailureRatio : null
  if (ratio === null || ratio === undefined) return slot.failures >= MAX_FAILURES
  const failed = Object.values(work.slots).filter((s) => s.failures > 0).length
  return failed / Math.max(1, spec?.body.replicas ?? 1) > ratio
}

const failureOf = (work: Work, alloc: Alloc): Failure => ({
  hash: work.spec?.hash ?? '',
  release: work.spec?.release ?? 0,
  reason: alloc.error?.code ?? (alloc.exit === null ? 'Unhealthy' : alloc.exit.oomKilled ? 'OutOfMemory' : 'Exited'),
  message: `${alloc.service}.${alloc.slot} ${endInWords(alloc)}`,
  lastLogs: alloc.lastLogs,
})

export const endInWords = (alloc: Pick<Alloc, 'exit' | 'error' | 'reason' | 'spec'>): string => {
  if (alloc.error !== null) return `could not start: ${alloc.error.message}`
  if (alloc.exit !== null) return `${exitInWords(alloc.exit)}${suspicion(alloc.exit, alloc)}`
  return `is not healthy${alloc.reason === null ? '' : `: ${alloc.reason}`}`
}

/** The kernel's word for a lack of memory can come after the end of the container, or never. */
const suspicion = (exit: Exit, { spec }: Pick<Alloc, 'spec'>): string => {
  const { memoryBytes } = spec.body.container.limits
  if (exit.signal !== 'SIGKILL' || exit.oomKilled || memoryBytes === null) return ''
  return `; its memory limit of ${formatBytes(memoryBytes)} may be too small`
}

/** What shells and engines mean by a code. */
const USUAL_CODES: Readonly<Record<number, string>> = { 126: 'command cannot be run', 127: 'command not found' }

const exitInWords = (exit: Exit): string => {
  if (exit.oomKilled) return 'was killed: it ran out of its memory limit'
  if (exit.signal !== null) return `was ended by ${exit.signal}`
  if (exit.code === null) return 'ended, its exit code is unknown'
  const usual = USUAL_CODES[exit.code]
  return `exited with ${exit.code}${usual === undefined ? '' : ` (${usual})`}`
}

const withSlot = (work: Work, slot: number, next: Slot): Work => ({
  ...work,
  slots: { ...work.slots, [String(slot)]: next },
})
