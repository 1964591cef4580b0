// Pods: ready, on their way, or failed for a reason that waiting does not cure (DESIGN section 4: three exits are a failed
// rollout).
import type { Readiness } from '../../../core/model/replica.ts'
import { conditionOf, field, listAt, numberAt, type RawObject, textAt } from '../raw.ts'
import { failed, hindered, hinderedSince, msOf, progressing, READY, type Related } from './verdict.ts'

export const podReadiness = (pod: RawObject, related: Related): Readiness => {
  const phase = textAt(pod, 'status.phase')
  if (phase === 'Succeeded') return READY
  const trouble = podTrouble(pod, related)
  if (trouble !== null) return trouble
  if (conditionOf(pod, 'Ready')?.status === 'True') return READY
  return progressing(phase === 'Running' ? 'NotReady' : 'Starting', waitingWords(pod))
}

/** What keeps a pod from becoming ready; null where nothing is wrong with it. */
export const podTrouble = (pod: RawObject, related: Related): Readiness | null => {
  if (textAt(pod, 'status.phase') === 'Failed')
    return failed(textAt(pod, 'status.reason') ?? 'Failed', failedWords(pod))
  const unscheduled = unschedulable(pod, related)
  if (unscheduled !== null) return unscheduled
  for (const status of containerStatuses(pod)) {
    const found = containerTrouble(status, related.nowMs)
    if (found !== null) return found
  }
  return null
}

const containerStatuses = (pod: RawObject): readonly RawObject[] => [
  ...listAt(pod, 'status.initContainerStatuses'),
  ...listAt(pod, 'status.containerStatuses'),
]

const DEFAULT_UNSCHEDULABLE_MS = 15_000

const unschedulable = (pod: RawObject, { nowMs, unschedulableMs }: Related): Readiness | null => {
  const scheduled = listAt(pod, 'status.conditions').find((c) => c['type'] === 'PodScheduled')
  if (scheduled?.['status'] !== 'False' || scheduled['reason'] !== 'Unschedulable') return null
  const message = textAt(scheduled, 'message') ?? 'no node fits'
  const overMs = msOf(scheduled['lastTransitionTime']) + (unschedulableMs ?? DEFAULT_UNSCHEDULABLE_MS)
  return nowMs < overMs
    ? progressing('Unschedulable', message)
    : hinderedSince(overMs, nowMs, hindered('Unschedulable', message))
}

/** Nothing that happens by itself makes these go away. */
const HOPELESS = new Set(['CreateContainerConfigError', 'InvalidImageName', 'RunContainerError', 'ErrImageNeverPull'])

/** The registry has answered, and its answer was no. Some say of what is private that it does not exist. */
const FORBIDDEN = /denied|unauthorized|forbidden/i
const MISSING = /not found|notfound|manifest unknown|does not exist|no match for platform/i

const answerOf = (message: string): { readonly failedReason?: string } =>
  FORBIDDEN.test(message)
    ? { failedReason: 'Forbidden' }
    : MISSING.test(message)
      ? { failedReason: 'ImageNotFound' }
      : {}

const EXITS = 3
/** Exits longer ago belong to another time. */
const RECENT_MS = 600_000

const containerTrouble = (status: RawObject, nowMs: number): Readiness | null => {
  const name = textAt(status, 'name') ?? 'container'
  const reason = textAt(status, 'state.waiting.reason')
  const message = textAt(status, 'state.waiting.message')
  const answer = answerOf(message ?? '')
  if (reason === 'ImagePullBackOff' || (reason === 'ErrImagePull' && answer.failedReason !== undefined)) {
    const words = `the image ${textAt(status, 'image') ?? ''} cannot be pulled: ${message ?? reason}`
    return { ...failed(reason, words), ...answer }
  }
  if (reason !== null && HOPELESS.has(reason)) return failed(reason, `${name}: ${message ?? reason}`)
  if (field(status, 'ready') === true || textAt(status, 'state.terminated.reason') === 'Completed') return null
  return exitTrouble(status, nowMs)
}

const exitTrouble = (status: RawObject, nowMs: number): Readiness | null => {
  const now = field(status, 'state.terminated') ?? null
  const last = now ?? field(status, 'lastState.terminated') ?? null
  if (last === null || nowMs - msOf(field(last, 'finishedAt')) > RECENT_MS) return null
  const ended = now !== null || textAt(status, 'state.waiting.reason') === 'CrashLoopBackOff'
  const exits = (numberAt(status, 'restartCount') ?? 0) + (ended ? 1 : 0)
  const outOfMemory = textAt(last, 'reason') === 'OOMKilled'
  if (exits < (outOfMemory ? 2 : EXITS)) return null
  const name = textAt(status, 'name') ?? 'container'
  if (outOfMemory) return failed('OOMKilled', `${name} ran out of memory ${exits} times`)
  return failed('CrashLoopBackOff', `${name} exited ${exits} times, last with ${exitWords(last)}`)
}

const exitWords = (terminated: unknown): string => {
  const signal = numberAt(terminated, 'signal')
  return signal === null || signal === 0 ? `code ${numberAt(terminated, 'exitCode') ?? 'unknown'}` : `signal ${signal}`
}

const failedWords = (pod: RawObject): string => {
  const ended = containerStatuses(pod).find((s) => (numberAt(s, 'state.terminated.exitCode') ?? 0) !== 0)
  const message = textAt(pod, 'status.message')
  if (message !== null) return message
  return ended === undefined
    ? 'it failed'
    : `${textAt(ended, 'name')} ended with ${exitWords(field(ended, 'state.terminated'))}`
}

/** What a pod that is not ready is waiting for. */
const waitingWords = (pod: RawObject): string => {
  const waiting = containerStatuses(pod).find((s) => field(s, 'state.waiting') !== undefined)
  if (waiting !== undefined) {
    const reason = textAt(waiting, 'state.waiting.reason')
    return textAt(waiting, 'state.waiting.message') ?? `${textAt(waiting, 'name')}: ${reason ?? 'waiting'}`
  }
  return conditionOf(pod, 'Ready')?.message ?? 'it is not ready yet'
}
