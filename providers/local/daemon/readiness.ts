// Is a service as it was wanted: the words that the engine waits on. A rollout counts as ready when it is complete, its
// surplus is gone, and its doors are open.
import type { Readiness } from '../../../core/model/replica.ts'
import { isReady, slotOf, type Work, workId } from './model.ts'
import type { ObserveKit } from './observe.ts'
import { specInForce } from './reconcile/service.ts'

export const readinessOf = (work: Work, kit: ObserveKit): Readiness => {
  const { spec, rollout } = work
  if (spec === null)
    return { state: 'progressing', reason: 'Removing', message: 'its replicas are being stopped', retriable: true }
  const doors = kit.proxy.errorsOf(work)
  const door = doors[0]
  if (door !== undefined) return { state: 'failed', reason: door.code, message: door.message, retriable: false }
  if (rollout.state === 'failed') return failed(work)
  const waiting = kit.waitingFor(workId(work))
  if (rollout.state === 'progressing')
    return {
      state: 'progressing',
      ...(waiting === null ? troubleOf(work, kit) : { reason: 'Waiting', message: waiting }),
      retriable: true,
      ...takenBack(work),
    }
  if (!kit.proxy.isOpen(work))
    return {
      state: 'progressing',
      reason: 'Publishing',
      message: 'its published ports are being opened',
      retriable: true,
      ...takenBack(work),
    }
  const short = shortfall(work, kit)
  if (short !== null)
    return {
      state: 'progressing',
      reason: 'Degraded',
      message: waiting ?? short,
      retriable: true,
      ...takenBack(work),
    }
  return { state: 'ready', retriable: true, ...takenBack(work) }
}

const failed = (work: Work): Readiness => {
  const { failure } = work.rollout
  return {
    state: 'failed',
    reason: failure?.reason ?? 'Failed',
    message: failure?.message ?? 'its rollout failed',
    retriable: false,
    ...(failure === null ? {} : { lastLogs: failure.lastLogs }),
  }
}

/**
 * The daemon restores the spec before by itself: what failed is said at once, also while the old one is not complete again,
 * and stays visible until the next release.
 */
const takenBack = (work: Work): Partial<Readiness> => {
  const { kind, failure } = work.rollout
  if (kind !== 'rollback' || failure === null) return {}
  return {
    reason: 'RolledBack',
    message: `release ${failure.release} was taken back: ${failure.message}`,
    failedHash: failure.hash,
    failedReason: failure.reason,
    lastLogs: failure.lastLogs,
  }
}

/** What its newest attempts say while it is on its way. */
const troubleOf = (work: Work, kit: ObserveKit): Partial<Readiness> => {
  const allocs = kit.ledger.allocsOf(workId(work)).filter((a) => a.spec.hash === work.spec?.hash)
  const bad = allocs.find((a) => a.error !== null || a.exit !== null || a.health === 'unhealthy' || a.reason !== null)
  if (bad === undefined) return {}
  const message =
    bad.error?.message ?? bad.reason ?? (bad.exit === null ? null : `exited with ${bad.exit.code ?? 'an unknown code'}`)
  return {
    reason: 'Starting',
    ...(message === null ? {} : { message: `${work.service}.${bad.slot}: ${message}` }),
    lastLogs: bad.lastLogs,
  }
}

/** Complete once, and now fewer are ready than wanted. */
const shortfall = (work: Work, kit: ObserveKit): string | null => {
  const { spec } = work
  if (spec === null || spec.body.kind !== 'service' || spec.body.mode === 'global') return null
  const inForce = specInForce(work, spec)
  const allocs = kit.ledger.allocsOf(workId(work))
  const missing = Array.from({ length: inForce.body.replicas }, (_, i) => i + 1).filter(
    (n) => !slotOf(work, n).finished && !allocs.some((a) => a.slot === n && isReady(a)),
  )
  return missing.length === 0 ? null : `${missing.length} of ${inForce.body.replicas} replicas are not ready`
}
