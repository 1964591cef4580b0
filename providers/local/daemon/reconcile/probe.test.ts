import { describe, expect, it } from 'vitest'
import type { Healthcheck } from '../../../../core/model/app.ts'
import { work } from '../../../../test/fakes/local/daemon.ts'
import { afterProbe, firstProbe, nextProbeAt, type ProbePlan, type ProbeState, probePlan } from './probe.ts'

const check: Healthcheck = {
  test: ['CMD', 'true'],
  intervalMs: 10_000,
  timeoutMs: 1_000,
  retries: 3,
  startPeriodMs: 0,
  startIntervalMs: 5_000,
}
const exec = (over: Partial<Healthcheck> = {}): ProbePlan =>
  probePlan(work({ healthcheck: { ...check, ...over } }), null)

/** Probes by the machine's own times until `end`; the program answers well from `goodFrom` on. */
const run = (
  plan: ProbePlan,
  goodFrom: number,
  end: number,
): { readonly state: ProbeState; readonly at: readonly number[] } => {
  let state = firstProbe(0)
  const at: number[] = []
  for (let next = nextProbeAt(plan, state, 0); next !== null && next <= end; next = nextProbeAt(plan, state, next)) {
    at.push(next)
    state = afterProbe(plan, state, next >= goodFrom ? { ok: true } : { ok: false, reason: 'no' }, next)
  }
  return { state, at }
}

describe('a health check', () => {
  it('probes at once, soon again while it fails, then at its interval', () => {
    const { at } = run(exec(), Number.POSITIVE_INFINITY, 60_000)
    expect(at.slice(0, 4)).toEqual([0, 200, 600, 1_400])
    expect(
      at
        .slice(-3)
        .map((t, i, all) => t - (all[i - 1] ?? t))
        .slice(1),
    ).toEqual([10_000, 10_000])
  })

  it('counts failures an interval apart only, and turns unhealthy after retries of them', () => {
    expect(run(exec(), Number.POSITIVE_INFINITY, 22_000).state.health).toBe('starting')
    const { state } = run(exec(), Number.POSITIVE_INFINITY, 60_000)
    expect(state.health).toBe('unhealthy')
  })

  it('counts nothing in the start period', () => {
    expect(run(exec({ startPeriodMs: 100_000 }), Number.POSITIVE_INFINITY, 100_000).state).toMatchObject({
      health: 'starting',
      failures: 0,
    })
    expect(run(exec({ startPeriodMs: 100_000 }), Number.POSITIVE_INFINITY, 160_000).state.health).toBe('unhealthy')
  })

  it('is ready with the first success, and again after it was unhealthy', () => {
    expect(run(exec(), 500, 700).state.health).toBe('ready')
    expect(run(exec(), 70_000, 90_000).state).toMatchObject({ health: 'ready', failures: 0 })
  })

  it('is not asked of an image where the service forbids one', () => {
    expect(probePlan(work({ healthcheck: { ...check, test: null } }), check).kind).toBe('uptime')
    expect(probePlan(work({}), check).kind).toBe('exec')
  })
})

describe('a service without check', () => {
  const port = {
    target: 80,
    published: null,
    publishedRange: null,
    hostIp: null,
    protocol: 'tcp',
    mode: 'ingress',
    appProtocol: null,
  } as const

  it('is ready when a declared TCP port accepts, and with a warning after 30 s if none does', () => {
    const plan = probePlan(work({ ports: [port], expose: [{ port: 90, protocol: 'tcp' }] }), null)
    expect(plan).toEqual({ kind: 'tcp', ports: [80, 90] })
    expect(run(plan, 250, 10_000).state).toMatchObject({ health: 'ready', unproven: false, reason: null })
    expect(run(plan, Number.POSITIVE_INFINITY, 29_900).state.health).toBe('starting')
    expect(run(plan, Number.POSITIVE_INFINITY, 31_000).state).toMatchObject({ health: 'ready', unproven: true })
  })

  it('counts after a second of running where it declares no TCP port', () => {
    const plan = probePlan(work({ ports: [{ ...port, protocol: 'udp' }] }), null)
    expect(run(plan, 0, 5_000)).toMatchObject({ state: { health: 'ready' }, at: [1_000] })
  })

  it('counts the second from the start that the engine states, but never without three quarters of it having been seen', () => {
    const plan = probePlan(work({}), null)
    const readyAt = (startedAt: number, seenAt: number): number | null =>
      nextProbeAt(plan, firstProbe(startedAt, seenAt), seenAt)
    expect(readyAt(0, 200)).toBe(1_000)
    expect(readyAt(0, 900)).toBe(1_650)
    expect(readyAt(0, 5_000)).toBe(5_750)
  })

  it('is never ready when it is a job: its end decides', () => {
    expect(nextProbeAt(probePlan(work({ kind: 'job' }), null), firstProbe(0), 0)).toBeNull()
  })
})
