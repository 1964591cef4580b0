// Builders for plans: objects wanted and seen, targets, and a model of what applying a plan does.
import { contentHash } from '../../core/model/canonical.ts'
import type { NativeObject } from '../../core/model/native-object.ts'
import type { Action, Plan } from '../../core/model/plan.ts'
import type { ObservedObject, TargetState } from '../../core/model/replica.ts'
import { makePlan, type PlanInput, type PlanTarget } from '../../core/plan/index.ts'
import { target } from './app.ts'

export const wanted = (id: string, over: Partial<NativeObject> = {}): NativeObject => {
  const [kind = '', name = ''] = id.split('/')
  const body = over.body ?? { kind, name }
  return { id, kind, name, scope: 'app', stage: 0, after: [], guard: 'none', ...over, body, hash: contentHash(body) }
}

/** A service as the local pool renders it. */
export const work = (name: string, over: Readonly<Record<string, unknown>> = {}, stage = 1): NativeObject =>
  wanted(`service/${name}`, {
    service: name,
    stage,
    body: {
      kind: 'service',
      service: name,
      replicas: 1,
      container: { image: `${name}:1`, environment: {} },
      ports: [],
      ...over,
    },
  })

export const seen = (want: NativeObject, over: Partial<ObservedObject> = {}): ObservedObject => ({
  id: want.id,
  uid: `uid-${want.id}`,
  kind: want.kind,
  name: want.name,
  ...(want.service === undefined ? {} : { service: want.service }),
  scope: want.scope,
  guard: want.guard,
  stage: want.stage,
  hash: want.hash,
  owner: 'ours',
  drift: [],
  readiness: { state: 'ready', retriable: true },
  body: JSON.parse(JSON.stringify(want.body)),
  ...over,
})

export const state = (objects: readonly ObservedObject[], over: Partial<TargetState> = {}): TargetState => ({
  identity: 'place',
  reachable: true,
  complete: true,
  because: null,
  observedAt: '2026-01-01T00:00:00Z',
  facts: { version: '1', arch: ['amd64'], os: ['linux'], driver: null, assumed: false, extra: {} },
  objects,
  replicas: [],
  services: [],
  head: null,
  secretKey: null,
  diagnostics: [],
  ...over,
})

export interface PlanTargetParts {
  readonly want: readonly NativeObject[]
  readonly live?: readonly ObservedObject[]
  readonly here?: boolean
  readonly state?: Partial<TargetState>
  readonly over?: Partial<PlanTarget>
}

export const planTarget = (name: string, parts: PlanTargetParts): PlanTarget => ({
  target: target(name, { here: parts.here ?? true }),
  state: state(parts.live ?? [], { identity: name, ...parts.state }),
  rendered: parts.want,
  replaces: () => undefined,
  maxInFlight: 8,
  untouched: false,
  ...parts.over,
})

export const planInput = (targets: readonly PlanTarget[], over: Partial<PlanInput> = {}): PlanInput => ({
  app: 'shop',
  targets,
  placements: [],
  unplaceable: [],
  owed: [],
  exposed: [],
  ifLost: [],
  diagnostics: [],
  baseRelease: null,
  previous: {},
  removing: 'surplus',
  allowOverride: false,
  prices: new Map(),
  ...over,
})

export const placed = (counts: Readonly<Record<string, Readonly<Record<string, number>>>>): PlanInput['placements'] =>
  Object.entries(counts).flatMap(([service, by]) =>
    Object.entries(by).map(([name, count]) => ({
      service,
      target: name,
      pool: null,
      node: null,
      count,
      slots: null,
      because: 'fits',
    })),
  )

/** What one step leaves on the target. */
export const afterAction = (objects: readonly ObservedObject[], action: Action): readonly ObservedObject[] => {
  const others = objects.filter((o) => o.id !== action.id)
  return action.object === null ? others : [...others, seen(action.object)]
}

/** The targets as they are once every wave has been applied. */
export const afterPlan = (targets: readonly PlanTarget[], plan: Plan): readonly PlanTarget[] =>
  targets.map((t) => ({
    ...t,
    state: {
      ...t.state,
      objects: plan.waves
        .filter((w) => w.target === t.target.name)
        .flatMap((w) => w.actions)
        .reduce(afterAction, t.state.objects),
    },
  }))

/** 'update here service/web: image changed' for each action, in the order of the plan. */
export const linesOf = (plan: Plan): readonly string[] =>
  plan.actions.map((a) => `${a.kind} ${a.target} ${a.id}: ${a.because}`)

/** A plan of one target that is this machine, where web has one replica. */
export const planHere = (
  want: readonly NativeObject[],
  live: readonly ObservedObject[],
  over: Partial<PlanInput> = {},
): Plan =>
  makePlan(planInput([planTarget('here', { want, live })], { placements: placed({ web: { here: 1 } }), ...over }))
