// What a write to the ledger means in words for people. Pure: the step from one stored state to the next.
import type { TargetEvent } from '../../../core/model/target-event.ts'
import type { Entries } from './ledger.ts'
import type { Alloc, Work } from './model.ts'
import { endInWords } from './reconcile/outcome.ts'

/** What is stored: the target stands in the key. */
export type LocalEvent = Omit<TargetEvent, 'target'>

export interface Before {
  readonly alloc: (id: string) => Alloc | undefined
  readonly work: (key: Work) => Work | undefined
}

export interface AppEvent {
  readonly target: string
  readonly app: string
  readonly event: LocalEvent
}

type Said = Pick<LocalEvent, 'severity' | 'reason' | 'message'>

export const eventsOf = (entries: Entries, before: Before, now: number): readonly AppEvent[] => {
  const at = new Date(now).toISOString()
  const ofAllocs = (entries.allocs ?? []).flatMap((alloc) =>
    allocSteps(before.alloc(alloc.id), alloc).map((said) => ({
      target: alloc.target,
      app: alloc.app,
      event: {
        at,
        service: alloc.service,
        replica: alloc.id,
        slot: alloc.slot,
        object: { kind: alloc.spec.body.driver === 'process' ? 'process' : 'container', name: alloc.name },
        count: 1,
        ...said,
      },
    })),
  )
  const ofWorks = (entries.works ?? []).flatMap((work) =>
    workSteps(before.work(work), work).map((said) => ({
      target: work.target,
      app: work.app,
      event: {
        at,
        service: work.service,
        replica: null,
        slot: null,
        object: { kind: 'service', name: work.service },
        count: 1,
        ...said,
      },
    })),
  )
  return [...ofAllocs, ...ofWorks]
}

const normal = (reason: string, message: string): Said => ({ severity: 'normal', reason, message })
const warning = (reason: string, message: string): Said => ({ severity: 'warning', reason, message })

const allocSteps = (before: Alloc | undefined, now: Alloc): readonly Said[] => {
  const said: Said[] = []
  if (before === undefined) said.push(normal('Scheduled', `placed on ${now.node}: ${now.because}`))
  if (now.state === 'running' && before?.state !== 'running') said.push(normal('Started', `started on ${now.node}`))
  if (now.state !== 'exited' && now.health !== (before?.health ?? 'starting')) said.push(healthStep(now))
  if (isLeaving(now) && (before === undefined || !isLeaving(before)) && now.state !== 'exited')
    said.push(normal('Stopping', now.because))
  if (now.state === 'exited' && before?.state !== 'exited') said.push(endStep(now))
  return said
}

const isLeaving = ({ intent }: Alloc): boolean => intent === 'stop' || intent === 'remove'

const healthStep = (now: Alloc): Said => {
  if (now.health === 'ready') return normal('Ready', now.reason ?? 'it is ready')
  return now.health === 'unhealthy'
    ? warning('Unhealthy', now.reason ?? 'its health check fails')
    : normal('Starting', now.reason ?? 'it is not ready yet')
}

const endStep = (now: Alloc): Said => {
  const words = endInWords(now)
  if (now.error !== null) return warning('FailedStart', words)
  if (now.exit?.oomKilled === true) return warning('OOMKilled', words)
  return now.intent === 'run' && now.exit?.code !== 0 ? warning('Failed', words) : normal('Exited', words)
}

const workSteps = (before: Work | undefined, now: Work): readonly Said[] => {
  const [then, next] = [before?.rollout, now.rollout]
  if (next.state === 'failed' && (then?.state !== 'failed' || then.startedAt !== next.startedAt))
    return [warning('RolloutFailed', next.failure?.message ?? 'the rollout failed')]
  if (next.state === 'progressing' && then?.startedAt !== next.startedAt)
    return [normal('RolloutStarted', `${next.kind} to release ${now.spec?.release ?? 'none'}`)]
  return next.state === 'complete' && then?.state === 'progressing'
    ? [normal('RolloutComplete', `release ${now.spec?.release ?? 'none'} is in force`)]
    : []
}
