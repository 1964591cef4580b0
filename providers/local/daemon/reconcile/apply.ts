// What a new wanted spec does to a service: starts a rollout, supersedes one, changes a count, or takes a job as done. Pure.
import {
  FRESH_SLOT,
  type Rollout,
  type RolloutKind,
  type Slot,
  type SpecVersion,
  type Work,
  type WorkKey,
} from '../model.ts'

export interface ApplyInput {
  readonly key: WorkKey
  readonly spec: SpecVersion
  readonly now: number
  /** A rollback does not run one-shot jobs again. */
  readonly rollback: boolean
}

export const applySpec = (work: Work | null, input: ApplyInput): Work => {
  if (work === null || work.spec === null) return firstSpec(work, input)
  if (work.spec.hash === input.spec.hash && work.rollout.state !== 'failed')
    return clearedFailure({ ...work, spec: { ...input.spec, release: work.spec.release } })
  if (isDone(work, input))
    return { ...work, spec: input.spec, stable: input.spec, rollout: finished(input.now, 'update') }
  const kind = kindOf(work, input.spec)
  const keepsCounting = kind === 'scale' && work.rollout.state === 'progressing'
  return {
    ...work,
    spec: input.spec,
    rollout: keepsCounting
      ? { ...work.rollout, failure: null }
      : { ...begun(kind, input.now), proven: kind === 'scale' },
    slots: kind === 'scale' ? work.slots : freshSlots(work.slots),
  }
}

/** What an apply clears that a service rolled back before: people have seen it, and a newer release is on its way. */
export const clearedFailure = (work: Work): Work =>
  work.rollout.failure !== null && work.rollout.state === 'complete'
    ? { ...work, rollout: { ...work.rollout, failure: null } }
    : work

export const removeSpec = (work: Work): Work => ({ ...work, spec: null })

const firstSpec = (work: Work | null, { key, spec, now, rollback }: ApplyInput): Work => {
  const base: Work = {
    target: key.target,
    app: key.app,
    service: key.service,
    spec,
    stable: null,
    rollout: begun('create', now),
    slots: {},
    succeededOnce: work?.succeededOnce ?? false,
    lastFireAt: spec.body.kind === 'cron' ? now : null,
  }
  return rollback && spec.body.kind === 'job' ? { ...base, stable: spec, rollout: finished(now, 'create') } : base
}

const isDone = (work: Work, { spec, rollback }: ApplyInput): boolean => {
  if (spec.body.kind === 'cron') return work.rollout.state === 'complete'
  if (spec.body.kind !== 'job') return false
  if (rollback) return true
  return spec.body.job?.run === 'once' && work.succeededOnce
}

const kindOf = (work: Work, spec: SpecVersion): RolloutKind => {
  if (work.spec?.replicaHash === spec.replicaHash && work.rollout.state !== 'failed') return 'scale'
  return work.stable === null ? 'create' : 'update'
}

const begun = (kind: RolloutKind, now: number): Rollout => ({
  kind,
  state: 'progressing',
  startedAt: now,
  proven: false,
  settledAt: null,
  readySince: null,
  failure: null,
})

const finished = (now: number, kind: RolloutKind): Rollout => ({
  ...begun(kind, now),
  state: 'complete',
  proven: true,
  readySince: now,
})

/** A new rollout gives every slot a fresh chance; the restart counter stays. */
const freshSlots = (slots: Readonly<Record<string, Slot>>): Readonly<Record<string, Slot>> =>
  Object.fromEntries(
    Object.entries(slots).map(([n, slot]) => [n, { ...FRESH_SLOT, restarts: slot.restarts, lastExit: slot.lastExit }]),
  )
