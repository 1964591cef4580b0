// What follows the rollout of each target: the head marked, a failed one taken back, the outcome in words and exit code.
import { type ErrorCode, exitOf } from '../errors.ts'
import type { App } from '../model/app.ts'
import type { Diagnostic } from '../model/diagnostic.ts'
import type { TargetOutcome } from '../model/event.ts'
import type { EngineDeps } from './api.ts'
import { failedHead, healthyHead } from './heads.ts'
import type { Observed } from './observe.ts'
import { moveHead } from './records.ts'
import type { TargetRollout } from './rollout.ts'
import { diagnosticOf, exitOfAbort, exitOfError, type Say } from './say.ts'

export interface Ended {
  readonly observed: Observed
  readonly rollout: TargetRollout | null
  /** Thrown by a step. */
  readonly error: unknown
  /** A step before had changed something. */
  readonly changed?: boolean
}

export interface Verdict {
  readonly outcome: TargetOutcome
  readonly exitCode: number
}

export const isGood = (ended: Ended): boolean =>
  ended.error === null && (ended.rollout?.kind === 'ready' || ended.rollout?.kind === 'applied')

/** Says why a target failed, with the last log lines of the replica that did. */
export const sayFailure = (ended: Ended, app: Pick<App, 'name' | 'services'>, say: Say): void => {
  const target = ended.observed.target.name
  if (ended.error !== null) {
    const d = diagnosticOf(ended.error)
    say('diagnostic', d.code, d.message, { target, data: { ...d, target } })
    return
  }
  const rollout = ended.rollout
  if (rollout === null || rollout.kind === 'ready' || rollout.kind === 'applied') return
  const service = rollout.kind === 'failed' ? rollout.service : null
  for (const line of rollout.logs) say('log', 'SP-I4030', line, { target, ...(service === null ? {} : { service }) })
  const message =
    rollout.kind === 'failed'
      ? `${rollout.service} on ${target} is not healthy: ${rollout.reason}`
      : `not ready in time on ${target} (${rollout.waiting.join(', ')}): ${rollout.reason}`
  const hint =
    service === null
      ? `stormport status -p ${app.name}`
      : `stormport logs ${service} -p ${app.name}, mend it, then stormport deploy`
  const code = rollout.kind === 'failed' ? 'SP4010' : 'SP4011'
  say('diagnostic', code, message, {
    target,
    ...(service === null ? {} : { service }),
    data: { code, severity: 'error', message, hint, target, ...placeOf(rollout, app) },
  })
}

/** The service, and the line of the file that names an image which is not there. */
const placeOf = (rollout: TargetRollout, app: Pick<App, 'services'>): Pick<Diagnostic, 'service' | 'span'> => {
  if (rollout.kind !== 'failed') return {}
  const { service, cause } = rollout
  const span = cause === 'ImageNotFound' ? app.services.find((s) => s.name === service)?.spans['image'] : undefined
  return { service, ...(span === undefined ? {} : { span }) }
}

/** Failed replicas or a deadline with trouble: 6; a deadline that still progresses: 8; an error: its own code. An image that
 * is not there, or may not be had, has the code that it has before anything is touched; "does not fit" promises that
 * nothing was. */
export const exitOfTarget = (ended: Ended, signal: AbortSignal): number => {
  if (ended.error !== null) {
    const code = exitOfError(ended.error, signal)
    return code === exitOf('Unplaceable') && ended.changed ? exitOf('Unhealthy') : code
  }
  if (ended.rollout?.kind === 'failed') return exitOf(codeOfCause(ended.rollout.cause))
  if (ended.rollout?.kind === 'late') return ended.rollout.unhealthy ? exitOf('Unhealthy') : exitOf('Timeout')
  return 0
}

const codeOfCause = (cause: string | null): ErrorCode =>
  cause === 'ImageNotFound' || cause === 'Forbidden' || cause === 'Unauthenticated' ? cause : 'Unhealthy'

export const markHead = async (ended: Ended, app: string, number: number, waited: boolean): Promise<void> => {
  if (isGood(ended)) {
    if (waited)
      await moveHead(ended.observed, app, (head) =>
        head.current === number && head.state === 'healthy' ? head : healthyHead(head, number),
      )
    return
  }
  await moveHead(ended.observed, app, failedHead)
}

export const reasonOf = (ended: Ended): string | null => {
  if (ended.error !== null) return diagnosticOf(ended.error).message
  if (ended.rollout?.kind === 'failed' || ended.rollout?.kind === 'late') return ended.rollout.reason
  return null
}

/** Ended good on one target and badly on another: 7; else the worst of what happened. */
export const foldExits = (
  verdicts: readonly Verdict[],
  owed: boolean,
  worst: (codes: readonly number[]) => number,
  deps: { readonly signal: AbortSignal },
): number => {
  if (deps.signal.aborted) return exitOfAbort(deps.signal)
  const codes = verdicts.map((v) => v.exitCode)
  const good = codes.some((c) => c === 0)
  const bad = codes.filter((c) => c !== 0)
  if (bad.length === 0) return owed ? 7 : 0
  return worst(good ? [...bad.filter((c) => c === 1 || c === 4 || c === 9), 7] : bad)
}

export type EngineContext = { readonly deps: EngineDeps; readonly say: Say; readonly signal: AbortSignal }
