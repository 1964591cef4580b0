// A cloud in memory for tests of the engine: a network, a cluster on it, groups of nodes in that. Requests are taken at
// once and done some looks later, as clouds do it. It proves the order of steps and what follows a failure, nothing about
// a real cloud: the adapters' own contract servers do that.
import { StormportError } from '../../../core/errors.ts'
import { contentHash } from '../../../core/model/canonical.ts'
import type { ClusterPhase, InfraSpec, InfraState } from '../../../core/model/infra.ts'
import type { NativeObject } from '../../../core/model/native-object.ts'
import { NOTHING_THERE, type ObservedObject, type Readiness } from '../../../core/model/replica.ts'
import type { Infrastructure, Provider } from '../../../core/ports.ts'
import { contentBody, type Thing } from './things.ts'

export interface FakeCloud {
  readonly things: ReadonlyMap<string, Thing>
  /** 'create group/x', 'delete cluster/c', …, in order. */
  readonly journal: readonly string[]
  /** Instance types that cannot be had, each with how it is refused: at once, or after the group was made. */
  readonly soldOut: Map<string, 'refused' | 'failed'>
  /** The next write is done and its answer lost. */
  loseNextAnswer(): void
  readonly infrastructure: Infrastructure
}

export interface FakeCloudOptions {
  /** Looks that a thing takes to be ready, or gone. */
  readonly looks?: number
}

export const createFakeCloud = (options: FakeCloudOptions = {}): FakeCloud => {
  const things = new Map<string, Thing>()
  const journal: string[] = []
  const soldOut = new Map<string, 'refused' | 'failed'>()
  let lost = false
  const looks = options.looks ?? 2
  const tick = (): void => {
    for (const [id, thing] of things) {
      if (thing.left > 0) things.set(id, { ...thing, left: thing.left - 1 })
      else if (thing.phase === 'deleting') things.delete(id)
      else if (thing.phase === 'creating')
        things.set(id, { ...thing, phase: isShort(thing, soldOut) ? 'failed' : 'ready' })
    }
  }
  const answer = <T>(value: T): T => {
    if (!lost) return value
    lost = false
    throw new StormportError('Unreachable', 'the connection broke', { source: 'target', retry: 'later' })
  }
  const make = (want: NativeObject): void => {
    for (const id of want.awaits ?? [])
      if (things.get(id)?.phase !== 'ready') throw new Error(`${want.id} before ${id}`)
    const body = contentBody(want.body)
    const refused = body.types?.find((type) => soldOut.get(type) === 'refused')
    if (refused !== undefined)
      throw new StormportError('InsufficientCapacity', `no ${refused} in any zone`, { source: 'target' })
    journal.push(`create ${want.id}`)
    things.set(want.id, { want, body, phase: 'creating', left: looks })
  }
  const drop = (id: string): void => {
    const thing = things.get(id)
    if (thing === undefined || thing.phase === 'deleting') return
    const users = [...things.values()].filter((other) => (other.want.awaits ?? []).includes(id))
    if (users.length > 0) throw new Error(`${id} is in use by ${users.map((user) => user.want.id).join()}`)
    journal.push(`delete ${id}`)
    things.set(id, { ...thing, phase: 'deleting', left: looks })
  }
  return {
    things,
    journal,
    soldOut,
    loseNextAnswer: () => {
      lost = true
    },
    infrastructure: {
      observe: async () => {
        tick()
        return stateOf(things)
      },
      render: renderThings,
      replaces: () => undefined,
      apply: async (_target, action) => {
        const before = journal.length
        if (action.kind === 'remove') drop(action.id)
        else if (action.object !== null && things.get(action.id)?.want.hash !== action.object.hash) make(action.object)
        return answer({ changed: journal.length > before, outputs: outputsOf(action.id) })
      },
      leftovers: async () => [],
    },
  }
}

/** The provider as if its clusters were made by this cloud: before that, nothing is there to observe. */
export const onCloud = (provider: Provider, cloud: FakeCloud): Provider => ({
  ...provider,
  infrastructure: {
    ...cloud.infrastructure,
    observe: async (target, fleet, signal) =>
      target.settings['create'] === undefined && target.pools.length === 0
        ? stateOf(new Map())
        : cloud.infrastructure.observe(target, fleet, signal),
  },
  observe: async (target, app, signal) => {
    const state = await provider.observe(target, app, signal)
    if (target.settings['create'] === undefined || phaseOf(cloud.things) === 'ready') return state
    return {
      ...state,
      identity: '',
      complete: true,
      ...NOTHING_THERE,
    }
  },
})

const isShort = (thing: Thing, soldOut: ReadonlyMap<string, string>): boolean =>
  (thing.body.types ?? []).some((type) => soldOut.get(type) === 'failed')

const outputsOf = (id: string): Record<string, string> => ({ id: `cloud-${id}` })

const phaseOf = (things: ReadonlyMap<string, Thing>): ClusterPhase => {
  const cluster = [...things.values()].find((thing) => thing.want.kind === 'Cluster')
  if (cluster === undefined) return 'absent'
  return cluster.phase === 'ready' ? 'ready' : 'progressing'
}

const stateOf = (things: ReadonlyMap<string, Thing>): InfraState => ({
  reachable: true,
  complete: true,
  because: null,
  observedAt: new Date().toISOString(),
  account: 'acc-1',
  cluster: phaseOf(things),
  objects: [...things.values()].map(observed),
  pools: livePools(things),
  diagnostics: [],
})

const livePools = (things: ReadonlyMap<string, Thing>): InfraState['pools'] =>
  [...things.values()].flatMap(({ want, body, phase }) =>
    body.pool === undefined || body.capacityType === undefined || phase === 'deleting'
      ? []
      : [
          {
            pool: body.pool,
            group: want.name,
            capacityType: body.capacityType,
            instanceTypes: body.types ?? [],
            nodes: 1,
          },
        ],
  )

const observed = ({ want, body, phase }: Thing): ObservedObject => ({
  id: want.id,
  uid: want.id,
  kind: want.kind,
  name: want.name,
  scope: 'target',
  guard: want.guard,
  stage: want.stage,
  hash: want.hash,
  owner: 'ours',
  drift: [],
  readiness: readinessOf(phase),
  outputs: outputsOf(want.id),
  ...(body.pool === undefined ? {} : { summary: { pool: body.pool, capacityType: body.capacityType ?? '' } }),
})

const readinessOf = (phase: Thing['phase']): Readiness => {
  if (phase === 'ready') return { state: 'ready', retriable: false }
  if (phase !== 'failed') return { state: 'progressing', reason: phase, retriable: true }
  return {
    state: 'failed',
    reason: 'InsufficientCapacity',
    message: 'no machine of the type was to be had',
    retriable: false,
  }
}

const renderThings = (spec: InfraSpec): readonly NativeObject[] => {
  const made = spec.target.settings['create'] !== undefined
  const network = thing('Network', 'net', { stage: 0, body: {} })
  const cluster = thing('Cluster', 'c', {
    stage: 1,
    body: { network: { ref: 'Network/net', field: 'id' } },
    awaits: ['Network/net'],
  })
  const groups = spec.pools.flatMap(({ pool, groups: each }) =>
    each.map(({ capacityType, types }) => {
      const names = types.map((offer) => offer.instanceType)
      const suffix = contentHash(names).slice(0, 6)
      return thing('Group', `${pool.name}-${capacityType}-${suffix}`, {
        stage: 2,
        body: { pool: pool.name, capacityType, types: names },
        awaits: ['Cluster/c'],
      })
    }),
  )
  return [...(made ? [network, cluster] : []), ...groups]
}

const thing = (
  kind: string,
  name: string,
  of: { readonly stage: number; readonly body: unknown; readonly awaits?: readonly string[] },
): NativeObject => ({
  id: `${kind}/${name}`,
  kind,
  name,
  scope: 'target',
  stage: of.stage,
  after: [],
  ...(of.awaits === undefined ? {} : { awaits: of.awaits }),
  hash: contentHash(of.body),
  body: of.body,
  guard: 'container',
})
