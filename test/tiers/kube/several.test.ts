// Several targets in one command when not all of them answer, are there any more, or are what they were: this machine's host
// processes and two simulated clusters, by the built command line.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Plane } from '../../clusters/index.ts'
import type { Ran, World } from '../../e2e/world.ts'
import { namesOn, objectsOn } from './fleet/census.ts'
import { EDGE, fleetFile, HERE, type Pair, RACK, startPair } from './fleet/pair.ts'
import { planOf, type Status, statusOf } from './fleet/reports.ts'

const SERVER = "require('http').createServer((_, a) => a.end(process.env.GREETING)).listen(process.env.PORT)"

/** The greeting comes from outside the file, so it is a secret of each target. */
const compose = (app: string, greeting: string): string => `name: ${app}
services:
  web:
    image: registry.example/web:1
    command: ["node", "-e", "${SERVER}"]
    expose: ["8080"]
    environment: { GREETING: "\${GREETING:-${greeting}}" }
    deploy: { replicas: 6, update_config: { monitor: 0s } }
    x-stormport: { process: true }
`

/** Connect and first answer take five seconds at most; the rest is the work on a machine that is busy. */
const STALL_MS = 5_000
const WORK_MS = 15_000

describe('several targets', { timeout: 240_000 }, () => {
  let pair: Pair
  let w: World
  let rack: Plane
  let edge: Plane
  beforeAll(async () => {
    const nodes = (name: string) => [1, 2].map((n) => ({ name: `${name}-${n}`, cpu: '8', memory: '16Gi' }))
    pair = await startPair({ rack: nodes('rack'), edge: nodes('edge') })
    ;({ rack, edge, w } = pair)
  })
  afterAll(async () => {
    edge?.thaw()
    await rack?.heal()
    await pair?.stop()
  })

  const write = (app: string, greeting: string, targets: readonly string[] = [HERE, RACK, EDGE]): void => {
    w.write('compose.yaml', compose(app, greeting))
    w.write('stormport.yaml', fleetFile(targets))
  }
  const deploy = (...args: readonly string[]): Ran => w.run('deploy', '--no-resolve', '--timeout', '90s', ...args)
  const timed = (...args: readonly string[]): { readonly ran: Ran; readonly ms: number } => {
    const started = performance.now()
    return { ran: w.run(...args), ms: performance.now() - started }
  }
  /** With the version of each object: any write would show. */
  const crewOn = async (plane: Plane) =>
    [...(await objectsOn(plane.api))].filter(([name]) => / crew\/| \/crew$/.test(name)).sort()
  const owed = (): readonly string[] =>
    statusOf(w)
      .targets.filter((t) => t.owed)
      .map((t) => t.name)

  it('share the replicas and carry one release', () => {
    write('crew', 'ahoy')
    const first = deploy()
    expect(first.code, first.all).toBe(0)
    expect(statusOf(w).targets.map((t) => [t.name, t.release, t.services[0]?.ready])).toEqual([
      ['here', 1, 2],
      ['rack', 1, 2],
      ['edge', 1, 2],
    ])
  })

  it('land without the one that does not answer: nobody waits long, and what it is owed is said', () => {
    write('crew', 'hello')
    edge.freeze()
    const plan = timed('plan', '--no-resolve')
    expect(plan.ran.all).toMatch(/edge does not answer; it keeps its last known placement and is owed this deploy/)
    const deployed = deploy()
    expect(deployed.code, deployed.all).toBe(7)
    expect(deployed.all).toMatch(/here: done, release 2[\s\S]*rack: done, release 2[\s\S]*edge: owed/)
    const status = timed('status', '--json')
    expect(status.ran.code, status.ran.all).toBe(0)
    const { targets } = JSON.parse(status.ran.out) as Status // the shape of DESIGN section 9
    expect(targets.map((t) => [t.name, t.state, t.owed])).toEqual([
      ['here', 'healthy', false],
      ['rack', 'healthy', false],
      ['edge', 'unreachable', true],
    ])
    expect(w.run('status', '--check').code).toBe(7)
    const ps = timed('ps')
    expect(ps.ran.all).toMatch(/edge does not answer: what is there is not shown/)
    expect(ps.ran.out.match(/ (here|rack|edge) /g)?.map((name) => name.trim())).toEqual([
      'here',
      'here',
      'rack',
      'rack',
    ])
    for (const { ms } of [plan, status, ps]) expect(ms).toBeLessThan(STALL_MS + WORK_MS)
  })

  it('complete what was owed with the next deploy: under the same number, and written only there', async () => {
    edge.thaw()
    const before = await crewOn(rack)
    const releases = w.json('releases')
    expect(w.run('plan', '--no-resolve').out).toMatch(/^crew · release 2 goes on/)
    expect(new Set(planOf(w).changes.map((c) => c.target))).toEqual(new Set(['edge']))
    const completed = deploy()
    expect(completed.code, completed.all).toBe(0)
    expect(owed()).toEqual([])
    expect(statusOf(w).targets.map((t) => t.release)).toEqual([2, 2, 2])
    expect(await crewOn(rack)).toEqual(before)
    const { releases: now } = w.json('releases') as { readonly releases: readonly { readonly id: string }[] } // DESIGN section 9
    const { releases: then } = releases as { readonly releases: readonly { readonly id: string }[] } // the same
    expect(now.map((r) => r.id)).toEqual(then.map((r) => r.id))
    expect(now.at(-1)).toMatchObject({ healthy: true, targets: ['here', 'rack', 'edge'] })
  })

  it('owe also the first release to one that is cut off, and give it its share when it is back', async () => {
    write('late', 'ahoy')
    await rack.cut()
    const first = deploy()
    expect(first.code, first.all).toBe(7)
    expect(owed()).toEqual(['rack'])
    await rack.heal()
    const completed = deploy('--rebalance')
    expect(completed.code, completed.all).toBe(0)
    expect(statusOf(w).targets.map((t) => [t.name, t.services[0]?.ready])).toEqual([
      ['here', 2],
      ['rack', 2],
      ['edge', 2],
    ])
    expect(w.run('destroy').code).toBe(0)
  })

  it('go back together, each with its own secrets', () => {
    write('crew', 'hello')
    const back = w.run('rollback')
    expect(back.code, back.all).toBe(0)
    expect(statusOf(w).targets.map((t) => t.release)).toEqual([3, 3, 3])
    write('crew', 'ahoy')
    expect(planOf(w).changes).toEqual([])
  })

  it('refuse a file that has lost one of them, until that one is destroyed on purpose', async () => {
    write('crew', 'ahoy', [HERE, RACK])
    const refused = deploy()
    expect(refused.code, refused.all).toBe(9)
    expect(refused.all).toMatch(/release 3 runs on target edge, which stormport.yaml no longer has/)
    expect(refused.all).toMatch(/stormport destroy -p crew --target edge/)
    const gone = w.run('destroy', '-p', 'crew', '--target', 'edge')
    expect(gone.code, gone.all).toBe(0)
    expect((await namesOn(edge.api)).filter((name) => name.includes('crew'))).toEqual([])
    const again = deploy()
    expect(again.code, again.all).toBe(0)
    expect(statusOf(w).targets.map((t) => [t.name, t.services[0]?.ready])).toEqual([
      ['here', 3],
      ['rack', 3],
    ])
  })

  it('refuse two names for one place', () => {
    write('crew', 'ahoy', [HERE, RACK, '  twin: { provider: kubernetes, context: rack }'])
    const refused = deploy()
    expect(refused.code, refused.all).toBe(9)
    expect(refused.all).toMatch(/targets rack and twin are the same place/)
  })

  it('refuse to mix two histories of one app', () => {
    for (const target of [RACK, EDGE]) {
      write('split', 'ahoy', [target])
      expect(deploy().code).toBe(0)
    }
    write('split', 'hello', [RACK, EDGE])
    const refused = deploy()
    expect(refused.code, refused.all).toBe(9)
    expect(refused.all).toMatch(/release 1 of split is not the same on all targets/)
    const joined = deploy('--allow', 'override')
    expect(joined.code, joined.all).toBe(0)
    expect(statusOf(w).targets.map((t) => t.release)).toEqual([2, 2])
  })

  it('are all left by destroy, the one that does not answer later', async () => {
    write('split', 'hello', [RACK, EDGE])
    edge.freeze()
    const part = w.run('destroy')
    expect(part.code, part.all).toBe(7)
    edge.thaw()
    const rest = w.run('destroy')
    expect(rest.code, rest.all).toBe(0)
    for (const plane of [rack, edge])
      expect((await namesOn(plane.api)).filter((name) => name.includes('split'))).toEqual([])
  })
})
