// Plan of 1,000 services over 3 targets, in process, from a parsed project to the finished plan: place, render, diff.
// Bound (DESIGN section 10): 300 ms. Anchor beside it: canonical JSON of everything that was rendered, which no differ
// that hashes can do without. Prints the median of ROUNDS.
// usage: node bench/plan.ts [ROUNDS]
import { type AssembleInput, type Assembly, assemble } from '../core/engine/assemble.ts'
import type { Observed } from '../core/engine/observe.ts'
import type { Service } from '../core/model/app.ts'
import { canonicalJson } from '../core/model/canonical.ts'
import type { Target } from '../core/model/fleet.ts'
import type { ObservedObject, ServiceStatus } from '../core/model/replica.ts'
import type { NodeCapacity } from '../core/model/resources.ts'
import { createRender } from '../providers/local/render.ts'
import { app, fleet, head, service, target } from '../test/builders/app.ts'
import { seen, state } from '../test/builders/plan.ts'
import { sampleNode } from '../test/builders/schedule.ts'
import { createFakeProvider } from '../test/fakes/cluster/index.ts'

const SERVICES = 1_000
const TARGETS = ['east', 'north', 'west']
const BOUND_MS = 300
const rounds = Number(process.argv[2] ?? 9)

const fakeProvider = createFakeProvider()

const node = (name: string): NodeCapacity =>
  sampleNode(name, { total: { cpuMillis: 64_000, memoryBytes: 256 * 2 ** 30 } })

const wantedService = (i: number, tag: string): Service =>
  service(`s${i}`, {
    image: `ghcr.io/acme/s${i}:${tag}`,
    replicas: 3,
    environment: { TAG: tag, LOG_LEVEL: 'info', PEER: `http://s${(i + 1) % SERVICES}:8080` },
    ports: [
      {
        target: 8080,
        published: null,
        publishedRange: null,
        hostIp: null,
        protocol: 'tcp',
        mode: 'ingress',
        appProtocol: null,
      },
    ],
    networks: {},
  })

const placeOf = (name: string): Target =>
  target(name, { provider: 'local', local: { driver: 'docker', daemon: null, nodes: [] } })

interface Live {
  readonly objects: readonly ObservedObject[]
  readonly services: readonly ServiceStatus[]
}

const observedOn = (name: string, live: Live | undefined): Observed => ({
  target: placeOf(name),
  provider: fakeProvider,
  state: state(live?.objects ?? [], {
    identity: name,
    services: live?.services ?? [],
    ...(live === undefined ? {} : { head: head({ releases: [{ number: 1, id: 'a', healthy: false }] }) }),
  }),
  capacity: { kind: 'known', nodes: Array.from({ length: 50 }, (_, i) => node(`${name}-${i}`)) },
  error: null,
})

const inputOf = (tag: string, live: ReadonlyMap<string, Live>): AssembleInput => ({
  wanted: {
    app: app(Array.from({ length: SERVICES }, (_, i) => wantedService(i, tag))),
    fleet: fleet(TARGETS.map(placeOf), { place: { strategy: 'spread', prefer: [], weights: {} } }),
    images: {},
    codeHashes: {},
    scaled: {},
    restarts: {},
    onFailure: null,
  },
  observed: TARGETS.map((name) => observedOn(name, live.get(name))),
  touched: null,
  rebalance: false,
  assignment: null,
  allowOverride: false,
  origin: 'git',
  removing: 'surplus',
  lastKnown: {},
  fixed: null,
  kept: {},
  preview: true,
  findings: [],
})

/** The adapter remembers what it rendered: each round gets one that has rendered nothing, as a command does. */
const decide = (input: AssembleInput): Assembly => {
  const provider = { ...fakeProvider, render: createRender() }
  return assemble({ ...input, observed: input.observed.map((o) => ({ ...o, provider })) })
}

/** The targets once everything that was rendered runs. */
const running = (made: Assembly): ReadonlyMap<string, Live> =>
  new Map(
    [...made.rendered].map(([name, objects]) => [
      name,
      {
        objects: objects.map((o) => seen(o)),
        services: made.placement.placements.filter((p) => p.target === name).map(statusOf),
      },
    ]),
  )

const statusOf = (p: { readonly service: string; readonly count: number }): ServiceStatus => ({
  service: p.service,
  desired: p.count,
  ready: p.count,
  release: 1,
  endpoints: [],
})

interface Time {
  readonly wallMs: number
  readonly cpuMs: number
}

const once = (run: () => unknown): Time => {
  const [at, cpu] = [performance.now(), process.cpuUsage()]
  run()
  const used = process.cpuUsage(cpu)
  return { wallMs: performance.now() - at, cpuMs: (used.user + used.system) / 1_000 }
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN

/** The wall clock is what users wait for; CPU time beside it tells a busy machine from a slow program. */
const timed = (what: string, run: () => unknown, bound: number | null): void => {
  const times = Array.from({ length: rounds }, () => once(run))
  const wall = median(times.map((t) => t.wallMs))
  const verdict = bound === null ? 'anchor' : `bound ${bound} ms   ${wall <= bound ? 'holds' : 'MISSED'}`
  const cpu = median(times.map((t) => t.cpuMs))
  console.log(
    `${what.padEnd(30)} median ${wall.toFixed(0).padStart(5)} ms   cpu ${cpu.toFixed(0).padStart(5)} ms   ${verdict}`,
  )
}

const first = decide(inputOf('1', new Map()))
const live = running(first)
const cases = [
  ['first deploy', inputOf('1', new Map())],
  ['nothing changed', inputOf('1', live)],
  ['every service changed', inputOf('2', live)],
] as const
for (const [what, input] of cases) {
  const { summary } = decide(input).plan
  console.log(
    `${what}: ${summary.create} create, ${summary.update} update, ${summary.unchanged} unchanged, ${summary.unplaceable} unplaceable`,
  )
}
console.log(`\n${SERVICES} services × ${TARGETS.length} targets, ${rounds} rounds, one process`)
timed(
  'canonical JSON of the objects',
  () => [...first.rendered.values()].flat().map((o) => canonicalJson(o.body)),
  null,
)
for (const [what, input] of cases) timed(what, () => decide(input), BOUND_MS)
