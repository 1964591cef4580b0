// When a replica is ready (DESIGN section 3), as a state machine over probe results. Pure: the runner asks what to do
// next and when, and feeds back what it saw.
import type { Healthcheck } from '../../../../core/model/app.ts'
import type { WorkBody } from '../../spec.ts'

export type ProbePlan =
  /** The service's own check, run inside. */
  | { readonly kind: 'exec'; readonly check: Healthcheck & { readonly test: NonNullable<Healthcheck['test']> } }
  /** No check but declared TCP ports: any one of them accepts. */
  | { readonly kind: 'tcp'; readonly ports: readonly number[] }
  /** Nothing to ask: it counts once it has run for a second. */
  | { readonly kind: 'uptime' }
  /** One-shot: its end decides. */
  | { readonly kind: 'none' }

export interface ProbeState {
  /** By the engine's own clock. A slow engine sets it well before the process is there. */
  readonly startedAt: number
  /** When we knew that it runs. */
  readonly seenAt: number
  readonly health: 'starting' | 'ready' | 'unhealthy'
  readonly reason: string | null
  /** Failures in a row that count. */
  readonly failures: number
  /** When the last one was counted: failures closer together than the interval are one. */
  readonly countedAt: number | null
  /** Probes so far without a success: early ones follow each other quickly. */
  readonly tries: number
  /** Taken as ready though no port accepted. */
  readonly unproven: boolean
}

export const UPTIME_MS = 1_000
/** However long ago the engine says that it started, this much of it has to be seen: what fails at once must not pass. */
export const SEEN_MS = 750
const TCP_EVERY_MS = 100
const TCP_PATIENCE_MS = 30_000
const EARLY_MS = 200

export const probePlan = (
  body: Pick<WorkBody, 'kind' | 'healthcheck' | 'ports' | 'expose'>,
  imageCheck: Healthcheck | null,
): ProbePlan => {
  if (body.kind !== 'service') return { kind: 'none' }
  const check = body.healthcheck ?? imageCheck
  if (check?.test) return { kind: 'exec', check: { ...check, test: check.test } }
  if (check !== null) return { kind: 'uptime' }
  const ports = [
    ...body.ports.filter((p) => p.protocol === 'tcp').map((p) => p.target),
    ...body.expose.filter((p) => p.protocol === 'tcp').map((p) => p.port),
  ]
  return ports.length > 0 ? { kind: 'tcp', ports: [...new Set(ports)] } : { kind: 'uptime' }
}

export const firstProbe = (startedAt: number, seenAt: number = startedAt): ProbeState => ({
  startedAt,
  seenAt,
  health: 'starting',
  reason: null,
  failures: 0,
  countedAt: null,
  tries: 0,
  unproven: false,
})

export type ProbeResult = { readonly ok: true } | { readonly ok: false; readonly reason: string }

export const afterProbe = (plan: ProbePlan, state: ProbeState, result: ProbeResult, now: number): ProbeState => {
  if (result.ok)
    return { ...state, health: 'ready', reason: null, failures: 0, countedAt: null, tries: state.tries + 1 }
  if (plan.kind === 'tcp') {
    if (now - state.startedAt < TCP_PATIENCE_MS) return { ...state, tries: state.tries + 1, reason: result.reason }
    return {
      ...state,
      health: 'ready',
      unproven: true,
      reason: `${result.reason}; taken as ready after ${TCP_PATIENCE_MS / 1000} s`,
      tries: state.tries + 1,
    }
  }
  return plan.kind === 'exec'
    ? afterFailedCheck(plan.check, state, { reason: result.reason, now })
    : { ...state, tries: state.tries + 1, reason: result.reason }
}

const afterFailedCheck = (
  check: Healthcheck,
  state: ProbeState,
  { reason, now }: { readonly reason: string; readonly now: number },
): ProbeState => {
  const tries = state.tries + 1
  const inStartPeriod = state.health === 'starting' && now - state.startedAt < check.startPeriodMs
  const counts = !inStartPeriod && now - (state.countedAt ?? state.startedAt) >= check.intervalMs
  if (!counts) return { ...state, tries, reason }
  const failures = state.failures + 1
  return {
    ...state,
    tries,
    reason,
    failures,
    countedAt: now,
    health: failures >= check.retries ? 'unhealthy' : state.health,
  }
}

/** When to probe next; null: never again. */
export const nextProbeAt = (plan: ProbePlan, state: ProbeState, now: number): number | null => {
  switch (plan.kind) {
    case 'none':
      return null
    case 'uptime':
      return state.health === 'ready' ? null : Math.max(now, state.startedAt + UPTIME_MS, state.seenAt + SEEN_MS)
    case 'tcp':
      return state.health === 'ready' ? null : state.tries === 0 ? now : now + TCP_EVERY_MS
    case 'exec':
      return state.tries === 0 ? now : now + checkPauseMs(plan.check, state, now)
    default:
      return plan satisfies never
  }
}

/** Until the first success the pause grows from a fifth of a second to the interval, so that a fast start is seen fast. */
const checkPauseMs = (check: Healthcheck, state: ProbeState, now: number): number => {
  if (state.health !== 'starting') return check.intervalMs
  const inStartPeriod = now - state.startedAt < check.startPeriodMs
  const steady = inStartPeriod ? Math.min(check.startIntervalMs, check.intervalMs) : check.intervalMs
  return Math.min(steady, EARLY_MS * 2 ** Math.min(state.tries - 1, 12))
}
