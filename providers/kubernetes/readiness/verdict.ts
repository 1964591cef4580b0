// What rules of readiness return and what they may look at.
import type { Readiness } from '../../../core/model/replica.ts'
import { field, listAt, type RawObject, textAt } from '../raw.ts'

export interface Related {
  readonly pods: readonly RawObject[]
  readonly replicaSets: readonly RawObject[]
  readonly events: readonly RawObject[]
  /** Epoch milliseconds. */
  readonly nowMs: number
  /** How long a pod may find no node: longer where nodes are made on demand. Default 15 s. */
  readonly unschedulableMs?: number
  /** How long an address of a load balancer is waited for. Default: not at all. */
  readonly addressWaitMs?: number
}

export const READY: Readiness = { state: 'ready', retriable: true }

export const ready = (reason: string, message: string): Readiness => ({
  state: 'ready',
  reason,
  message,
  retriable: true,
})

export const progressing = (reason: string, message: string): Readiness => ({
  state: 'progressing',
  reason,
  message,
  retriable: true,
})

/** Waiting longer does not help. */
export const failed = (reason: string, message: string): Readiness => ({
  state: 'failed',
  reason,
  message,
  retriable: false,
})

/** It cannot go on as things are, but somebody else may change them: room, quota, a network. */
export const hindered = (reason: string, message: string): Readiness => ({
  state: 'failed',
  reason,
  message,
  retriable: true,
})

export const isOwnedBy = (object: RawObject, owner: RawObject): boolean => {
  const uid = textAt(owner, 'metadata.uid')
  return listAt(object, 'metadata.ownerReferences').some((reference) => reference['uid'] === uid && uid !== null)
}

/** The newest message of an event about the object with this reason. */
export const eventMessage = (object: RawObject, reason: string, events: readonly RawObject[]): string | null => {
  const uid = textAt(object, 'metadata.uid')
  const found = events
    .filter(
      (e) => textAt(e, 'reason') === reason && (textAt(e, 'involvedObject.uid') ?? textAt(e, 'regarding.uid')) === uid,
    )
    .sort((a, b) => timeOf(b) - timeOf(a))
  return textAt(found[0], 'message') ?? textAt(found[0], 'note')
}

const timeOf = (event: RawObject): number =>
  msOf(field(event, 'series.lastObservedTime') ?? field(event, 'lastTimestamp') ?? field(event, 'eventTime'))

/** Epoch milliseconds of an RFC 3339 text; 0 where there is none. */
export const msOf = (time: unknown): number => {
  const ms = typeof time === 'string' ? Date.parse(time) : Number.NaN
  return Number.isNaN(ms) ? 0 : ms
}
