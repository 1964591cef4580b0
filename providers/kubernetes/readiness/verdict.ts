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

/** How long something that others may change is given before a deploy ends on it. */
export const PATIENCE_MS = 20_000

/** Hindered, and when that has lasted it counts as failed: nobody waits out a deadline for room that does not come. */
export const hinderedSince = (sinceMs: number, nowMs: number, verdict: Readiness): Readiness => ({
  ...verdict,
  state: 'failed',
  retriable: nowMs - sinceMs < PATIENCE_MS,
})

export interface Told {
  readonly message: string
  /** When it was told first. */
  readonly sinceMs: number
}

/** The newest event about the object with this reason. */
export const eventAbout = (object: RawObject, reason: string, events: readonly RawObject[]): Told | null => {
  const uid = textAt(object, 'metadata.uid')
  const found = events
    .filter(
      (e) => textAt(e, 'reason') === reason && (textAt(e, 'involvedObject.uid') ?? textAt(e, 'regarding.uid')) === uid,
    )
    .sort((a, b) => timeOf(b) - timeOf(a))
  const message = textAt(found[0], 'message') ?? textAt(found[0], 'note')
  return message === null ? null : { message, sinceMs: Math.min(...found.map(beginOf)) }
}

export const eventMessage = (object: RawObject, reason: string, events: readonly RawObject[]): string | null =>
  eventAbout(object, reason, events)?.message ?? null

const beginOf = (event: RawObject): number => msOf(field(event, 'firstTimestamp') ?? field(event, 'eventTime'))

const timeOf = (event: RawObject): number =>
  msOf(field(event, 'series.lastObservedTime') ?? field(event, 'lastTimestamp') ?? field(event, 'eventTime'))

/** Epoch milliseconds of an RFC 3339 text; 0 where there is none. */
export const msOf = (time: unknown): number => {
  const ms = typeof time === 'string' ? Date.parse(time) : Number.NaN
  return Number.isNaN(ms) ? 0 : ms
}
