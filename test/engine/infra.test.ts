// One command makes clusters and pools and brings the app there: the engine over clusters that have to be made first.
import { afterEach, describe, expect, it } from 'vitest'
import type { Target } from '../../core/model/fleet.ts'
import { app, service } from '../builders/app.ts'
import { createFakeCloud, type FakeCloud, onCloud } from '../fakes/cloud/index.ts'
import { createStand, request, type Stand, type StandOptions, told } from './stand.ts'

const never = new AbortController().signal
const stands: Stand[] = []
afterEach(async () => {
  for (const s of stands.splice(0)) await s.close()
})

const EAST: Partial<Target> = {
  provider: 'eks',
  settings: { create: {}, region: 'us-east-1' },
  pools: [{ name: 'general', kind: 'nodes', settings: { cpu: 4, memory: '16GiB', min: 1, max: 3 } }],
}

const stand = async (over: Partial<StandOptions> = {}): Promise<{ s: Stand; cloud: FakeCloud }> => {
  const cloud = createFakeCloud()
  const s = await createStand({
    targets: ['east', 'west'],
    fleet: { name: 'acme', place: { strategy: 'spread', prefer: [], weights: {} } },
    around: (provider) => onCloud(provider, cloud),
    over: { east: EAST },
    // What takes minutes in a cloud takes none here: its looks are what counts.
    clock: quick(),
    ...over,
  })
  stands.push(s)
  return { s, cloud }
}

/** Long waits pass at once, short ones as they are: the fake cluster's controllers live in real time. */
const quick = (): NonNullable<StandOptions['clock']> => ({
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((done, fail) => {
      const timer = setTimeout(done, ms >= 5_000 && ms <= 10_000 ? 1 : ms)
      signal.addEventListener('abort', () => {
        clearTimeout(timer)
        fail(signal.reason)
      })
    }),
})

const shop = () => app([service('web', { replicas: 2, image: 'web:1' })])

describe('deploying to a cluster that has to be made', () => {
  it('plans cluster, pools and app together, and asks for spending', async () => {
    const { s } = await stand()
    const { report } = await s.engine.plan(s.project(shop()), request(), never)
    const east = report.changes.filter((change) => change.target === 'east')
    expect(east.filter((change) => change.scope === 'target').map((change) => change.kind)).toEqual([
      'Network',
      'Cluster',
      'Group',
    ])
    expect(east.filter((change) => change.scope === 'app').length).toBeGreaterThan(0)
    expect(report.summary.consent).toContain('spend')
    expect(report.placements.map((p) => p.target).sort()).toEqual(['east', 'west'])
  })

  it('makes what it stands on first, then brings the app to all targets', async () => {
    const { s, cloud } = await stand()
    const { result } = await told(s.engine.deploy(s.project(shop()), request(), never))
    expect(result).toMatchObject({ ok: true, exitCode: 0 })
    expect(cloud.journal.map((line) => line.replace(/-[0-9a-f]{6}$/, ''))).toEqual([
      'create Network/net',
      'create Cluster/c',
      'create Group/general-on-demand',
    ])
    expect(s.asked[0]?.classes.map((c) => c.consent)).toContain('spend')
    const status = await s.engine.status({ app: 'shop', fleet: s.fleet }, null, never)
    expect(status.targets.map((t) => [t.name, t.services[0]?.ready])).toEqual([
      ['east', 1],
      ['west', 1],
    ])
  })

  it('changes nothing the second time, and asks nothing', async () => {
    const { s, cloud } = await stand()
    await told(s.engine.deploy(s.project(shop()), request(), never))
    const [made, asked] = [cloud.journal.length, s.asked.length]
    const { result } = await told(s.engine.deploy(s.project(shop()), request(), never))
    expect(result.summary.targets.map((t) => t.outcome)).toEqual(['unchanged', 'unchanged'])
    expect([cloud.journal.length, s.asked.length]).toEqual([made, asked])
  })

  it('lets the other targets go on when a cluster cannot be made: exit 7, and the next deploy goes on', async () => {
    const { s, cloud } = await stand({ over: { east: { ...EAST, pools: [pool('m7i.xlarge')] } } })
    cloud.soldOut.set('m7i.xlarge', 'refused')
    const first = await told(s.engine.deploy(s.project(shop()), request(), never))
    expect(first.result.exitCode).toBe(7)
    expect(first.result.summary.targets).toMatchObject([
      { name: 'west', outcome: 'done' },
      { name: 'east', outcome: 'failed', reason: expect.stringContaining('no m7i.xlarge') },
    ])
    cloud.soldOut.clear()
    const { result } = await told(s.engine.deploy(s.project(shop()), request(), never))
    expect(result.exitCode).toBe(0)
    expect(cloud.journal.filter((line) => line === 'create Cluster/c')).toHaveLength(1)
  })

  it('places what fits no node that stands where a pool can grow', async () => {
    const { s } = await stand({ over: { east: { ...EAST, pools: [pool('m7i.16xlarge')] } } })
    const big = app([
      service('web', { replicas: 1, image: 'web:1', requests: { cpuMillis: 40_000, memoryBytes: 8 * 2 ** 30 } }),
    ])
    const { report } = await s.engine.plan(s.project(big), request({ targets: null }), never)
    expect(report.unplaceable).toEqual([])
    expect(report.placements).toMatchObject([{ target: 'east', count: 1 }])
  })
})

const pool = (instance: string): Target['pools'][number] => ({
  name: 'general',
  kind: 'nodes',
  settings: { instances: [instance], min: 1, max: 3 },
})

describe('infrastructure alone', () => {
  const common = { timeoutMs: 20_000, lockWaitMs: 2_000, allow: [] }
  const onlyEast = { ...common, targets: ['east'] }

  it('target create makes it without an application, and a second time is nothing', async () => {
    const { s, cloud } = await stand()
    expect((await told(s.engine.createTargets(s.fleet, onlyEast, never))).result.exitCode).toBe(0)
    expect(cloud.things.size).toBe(3)
    const again = await told(s.engine.createTargets(s.fleet, onlyEast, never))
    expect(again.result.summary.targets).toMatchObject([{ name: 'east', outcome: 'unchanged' }])
  })

  it('target destroy asks for consent of class destroy and leaves nothing', async () => {
    const { s, cloud } = await stand()
    await told(s.engine.createTargets(s.fleet, onlyEast, never))
    const { result } = await told(s.engine.destroyTargets(s.fleet, onlyEast, never))
    expect(result.exitCode).toBe(0)
    expect(s.asked.at(-1)?.classes.map((c) => c.consent)).toEqual(['destroy'])
    expect(cloud.things.size).toBe(0)
  })

  it('target destroy is refused while an application has a release there', async () => {
    const { s, cloud } = await stand()
    await told(s.engine.deploy(s.project(shop()), request(), never))
    const { result, events } = await told(s.engine.destroyTargets(s.fleet, onlyEast, never))
    expect(result.exitCode).toBe(9)
    expect(events.map((event) => event.message)).toContain('east still runs shop')
    expect(cloud.things.size).toBe(3)
  })

  it('destroy --clusters takes the application and then what it stood on', async () => {
    const { s, cloud } = await stand()
    await told(s.engine.deploy(s.project(shop()), request(), never))
    const { result } = await told(
      s.engine.destroy(
        { app: 'shop', fleet: s.fleet },
        { ...common, targets: null, volumes: true, clusters: true },
        never,
      ),
    )
    expect(result.exitCode).toBe(0)
    expect(cloud.things.size).toBe(0)
    expect((await s.engine.status({ app: 'shop', fleet: s.fleet }, null, never)).state).toBe('absent')
  })

  it('destroy without --clusters never touches it', async () => {
    const { s, cloud } = await stand()
    await told(s.engine.deploy(s.project(shop()), request(), never))
    const made = cloud.journal.length
    const { result } = await told(
      s.engine.destroy({ app: 'shop', fleet: s.fleet }, { ...common, targets: null, volumes: true }, never),
    )
    expect(result.exitCode).toBe(0)
    expect(cloud.journal).toHaveLength(made)
  })

  it('--no-infra refuses a plan that needs it, before anything is touched', async () => {
    const { s, cloud } = await stand()
    const { result, events } = await told(s.engine.deploy(s.project(shop()), request({ infra: false }), never))
    expect(result.exitCode).toBe(10)
    expect(events.find((event) => event.code === 'SP3140')?.message).toContain('create Cluster c on east')
    expect([cloud.journal, s.asked]).toEqual([[], []])
  })
})
