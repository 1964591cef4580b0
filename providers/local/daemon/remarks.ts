// What people should know of a service that counts as ready all the same.
import type { Diagnostic } from '../../../core/model/diagnostic.ts'
import type { Kit } from './kit.ts'
import { isReady, type Work, workId } from './model.ts'

export const remarksOn = (work: Work, kit: Kit): readonly Diagnostic[] => {
  if (work.spec?.body.kind !== 'service') return []
  const ended = Object.values(work.slots).filter((slot) => slot.finished && slot.lastExit?.code === 0).length
  const silent = kit.ledger.allocsOf(workId(work)).find((alloc) => isReady(alloc) && alloc.reason !== null)
  return [
    ...(ended > 0 && work.spec.body.restart === null ? [looksLikeJob(work)] : []),
    ...(silent === undefined ? [] : [unproven(work, silent.reason ?? '')]),
  ]
}

const looksLikeJob = (work: Work): Diagnostic => ({
  code: 'SP4031',
  severity: 'note',
  message: `${work.service} ended with exit code 0 and is not started again: it looks like a job`,
  hint: 'set x-stormport: { job: {} }',
  target: work.target,
  service: work.service,
})

const unproven = (work: Work, reason: string): Diagnostic => ({
  code: 'SP4032',
  severity: 'warning',
  message: `${work.service}: ${reason}`,
  hint: 'add a health check, or remove the port from ports: and expose:',
  target: work.target,
  service: work.service,
})
