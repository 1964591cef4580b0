// Drives an adapter as the engine does, without the engine: observe, render, plan, apply wave by wave, await a condition.
import { randomBytes } from 'node:crypto'
import type { NativeObject } from '../../core/model/native-object.ts'
import type { Action, Plan } from '../../core/model/plan.ts'
import type { Head, Release } from '../../core/model/release.ts'
import type { TargetState } from '../../core/model/replica.ts'
import { makePlan, type PlanTarget } from '../../core/plan/index.ts'
import type { LeaseHolder } from '../../core/ports.ts'
import { placed, planInput } from '../../test/builders/plan.ts'
import { appOf, specOf, type Wish } from './app.ts'
import type { Harness } from './harness.ts'

export interface Drive {
  readonly harness: Harness
  /** A name that no other test uses; the application is removed after the test. */
  newApp(): string
  signal(timeoutMs?: number): AbortSignal
  observe(app: string): Promise<TargetState>
  render(wish: Wish, state: TargetState): readonly NativeObject[]
  plan(wish: Wish, state: TargetState): Plan
  /** Observe, plan, apply every wave; resolves to which actions changed something. */
  deploy(wish: Wish): Promise<readonly Applied[]>
  apply(app: string, action: Action, signal?: AbortSignal): Promise<boolean>
  /** Deploys and waits until all wanted replicas are ready. */
  ready(wish: Wish): Promise<TargetState>
  until<T>(what: string | (() => string), look: () => Promise<T | undefined>, withinMs?: number): Promise<T>
  destroy(app: string): Promise<void>
  /** Ends the applications of a test; where removal is slow their end is awaited by `close`, together. */
  retireAll(): Promise<void>
  close(): Promise<void>
}

export interface Applied {
  readonly action: Action
  readonly changed: boolean
}

const READY_MS = 20_000
const RETIRED_MS = 60_000

export const createDrive = (harness: Harness): Drive => {
  const apps: string[] = []
  const retired: string[] = []
  const { provider, target } = harness
  const signal = (timeoutMs = 15_000): AbortSignal => AbortSignal.timeout(timeoutMs)
  const observe = (app: string): Promise<TargetState> => provider.observe(target, app, signal())
  const render = (wish: Wish, state: TargetState): readonly NativeObject[] =>
    provider.render(target, specOf({ secretKey: state.secretKey, ...wish }, harness, state.facts))
  const apply = async (app: string, action: Action, abort = signal()): Promise<boolean> =>
    (await provider.apply(target, action, { app, release: 1, signal: abort, progress: () => {} })).changed
  const plan = (wish: Wish, state: TargetState): Plan =>
    planFor({ harness, wish, state, rendered: render(wish, state) })

  const deploy = async (wish: Wish): Promise<readonly Applied[]> => {
    const applied: Applied[] = []
    for (const wave of plan(wish, await observe(wish.app)).waves)
      for (const action of wave.actions) applied.push({ action, changed: await apply(wish.app, action) })
    return applied
  }

  const ready = async (wish: Wish): Promise<TargetState> => {
    await deploy(wish)
    const last: { state?: TargetState } = {}
    const look = async (): Promise<TargetState | undefined> => {
      last.state = await observe(wish.app)
      return isReady(wish, last.state) ? last.state : undefined
    }
    return until(
      () => `${JSON.stringify(wish.services)} ready; last seen: ${seenIn(last.state)}`,
      look,
      harness.readyWithinMs,
    )
  }

  const remove = async (app: string): Promise<void> => {
    const state = await observe(app)
    const empty: Wish = { app, services: {} }
    for (const wave of planFor({ harness, wish: empty, state, rendered: [], removing: 'allWithVolumes' }).waves)
      for (const action of wave.actions) await apply(app, action)
  }

  const gone = async (app: string, withinMs?: number): Promise<void> => {
    const look = async (): Promise<true | undefined> => {
      const { objects, replicas } = await observe(app)
      return replicas.length > 0 || objects.some((o) => o.owner === 'ours') ? undefined : true
    }
    await until('all objects and replicas gone', look, withinMs)
    await provider.records(target, app).remove()
  }

  const destroy = async (app: string): Promise<void> => {
    await remove(app)
    await gone(app)
  }

  return {
    harness,
    newApp: () => {
      const app = `cf${randomBytes(4).toString('hex')}`
      apps.push(app)
      return app
    },
    signal,
    observe,
    render,
    plan,
    deploy,
    apply,
    ready,
    until,
    destroy,
    retireAll: async () => {
      for (const app of apps.splice(0)) {
        if (harness.slowRemoval !== true) await destroy(app)
        else {
          await remove(app)
          retired.push(app)
        }
      }
    },
    close: async () => {
      for (const app of retired.splice(0)) await gone(app, RETIRED_MS)
    },
  }
}

interface PlanFor {
  readonly harness: Harness
  readonly wish: Wish
  readonly state: TargetState
  readonly rendered: readonly NativeObject[]
  readonly removing?: 'surplus' | 'all' | 'allWithVolumes'
}

const planFor = ({ harness, wish, state, rendered, removing = 'surplus' }: PlanFor): Plan =>
  makePlan(
    planInput([planTarget(harness, { state, rendered })], {
      app: wish.app,
      placements: placed(
        Object.fromEntries(
          Object.entries(wish.services).map(([name, count]) => [name, { [harness.target.name]: count }]),
        ),
      ),
      removing,
      definition: appOf(wish, harness),
    }),
  )

const planTarget = (
  { provider, target }: Harness,
  seen: { readonly state: TargetState; readonly rendered: readonly NativeObject[] },
): PlanTarget => ({
  target,
  ...seen,
  replaces: (live, want) => provider.replaces(live, want),
  maxInFlight: provider.capabilities.maxInFlight,
  untouched: false,
})

/** What a failed wait prints: enough to see which replica or object is the slow one. */
const seenIn = (state: TargetState | undefined): string =>
  JSON.stringify({
    objects: state?.objects.map((o) => [o.id, o.readiness]),
    services: state?.services.map((s) => [s.service, s.ready, s.desired]),
    replicas: state?.replicas.map((r) => [r.id, r.service, r.phase, r.ready, r.reason]),
  })

const isReady = (wish: Wish, state: TargetState): boolean => {
  const services = Object.entries(wish.services).every(([name, count]) => {
    const status = state.services.find((s) => s.service === name)
    return status?.ready === count && state.replicas.filter((r) => r.service === name && r.ready).length === count
  })
  return services && state.objects.every((o) => o.readiness.state === 'ready')
}

const until = async <T>(
  what: string | (() => string),
  look: () => Promise<T | undefined>,
  withinMs = READY_MS,
): Promise<T> => {
  const end = Date.now() + withinMs
  for (;;) {
    const seen = await look()
    if (seen !== undefined) return seen
    if (Date.now() > end) throw new Error(`not seen in ${withinMs} ms: ${typeof what === 'string' ? what : what()}`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

export const holderOf = (pid: number): LeaseHolder => ({
  host: 'conformance',
  bootId: 'boot',
  pid,
  startTicks: String(pid),
  user: 'tester',
  command: 'conformance',
})

export const headOf = (version: number, number: number): Head => ({
  version,
  current: number,
  previousHealthy: null,
  state: 'deploying',
  origin: 'conformance',
  releases: [{ number, id: `id${number}`, healthy: false }],
  scaled: {},
  restarts: {},
})

export const releaseOf = (number: number, wish: Wish, harness: Harness): Release => ({
  number,
  id: `id${number}`,
  parent: null,
  createdAt: '2026-01-01T00:00:00Z',
  by: 'tester@conformance',
  source: { commit: null, ref: null, dirty: false },
  origin: 'conformance',
  message: `release ${number}`,
  from: null,
  app: appOf(wish, harness),
  fleet: null,
  images: {},
  codeHashes: {},
  inventory: { [harness.target.name]: [] },
  placement: [],
  identities: {},
  specHash: `hash${number}`,
})
