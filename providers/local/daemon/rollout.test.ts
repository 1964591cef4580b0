// Rollouts by the whole control plane, over a memory engine and a virtual clock.
import { describe, expect, it } from 'vitest'
import { hashOf, work } from '../../../test/fakes/local/daemon.ts'
import { bad, isReady, stands, tags, version } from '../../../test/fakes/local/stand.ts'
import type { WorkBody } from '../spec.ts'

const setUp = stands()

describe('a rollout', () => {
  it('starts all replicas of a first deploy at once, without monitor time', async () => {
    const { clock, world, start } = setUp()
    const daemon = await start()
    const begun = clock.now()
    await daemon.apply(version('a'), 1)
    expect(await clock.runUntil(() => isReady(daemon, version('a')), 60_000)).toBe(true)
    expect(clock.now() - begun).toBeLessThan(1_500)
    expect(
      world
        .running()
        .map((t) => t.spec.slot)
        .sort(),
    ).toEqual([1, 2, 3])
  })

  it('replaces replicas one by one, the new one first, and waits for the monitor time', async () => {
    const { clock, world, start } = setUp()
    const daemon = await start()
    await daemon.apply(version('a'), 1)
    await clock.runUntil(() => isReady(daemon, version('a')), 60_000)
    let fewest = 99
    let most = 0
    world.onChange = () => {
      fewest = Math.min(fewest, world.running().length)
      most = Math.max(most, world.running().length)
    }
    const begun = clock.now()
    await daemon.apply(version('b'), 2)
    expect(await clock.runUntil(() => isReady(daemon, version('b')), 60_000)).toBe(true)
    expect(tags(world)).toEqual(['b', 'b', 'b'])
    // One more at a time, and one that is still leaving.
    expect([fewest, most <= 5]).toEqual([3, true])
    expect(clock.now() - begun).toBeGreaterThanOrEqual(5_000)
  })

  it('lets the others follow by parallelism only when the first has proved the update', async () => {
    const { clock, world, start } = setUp()
    const daemon = await start()
    const many = { replicas: 6, update: { ...work().update, parallelism: 3 } }
    await daemon.apply(version('a', many), 1)
    await clock.runUntil(() => isReady(daemon, version('a', many)), 60_000)
    await daemon.apply(version('b', many), 2)
    await clock.advance(500)
    expect(tags(world).filter((t) => t === 'b')).toEqual(['b'])
    await clock.runUntil(() => tags(world).filter((t) => t === 'b').length > 1, 10_000)
    expect(tags(world).filter((t) => t === 'b').length).toBe(4)
  })

  it('stops the old replica first where a one-replica volume forbids two', async () => {
    const { clock, world, start } = setUp()
    const daemon = await start()
    const volume = {
      kind: 'volume',
      name: 'shop_data',
      target: '/data',
      readOnly: false,
      nocopy: false,
      subpath: null,
    } as const
    const one = (tag: string): WorkBody => {
      const body = version(tag, { replicas: 1 })
      return { ...body, container: { ...body.container, mounts: [volume] } }
    }
    await daemon.apply(one('a'), 1)
    await clock.runUntil(() => isReady(daemon, one('a')), 60_000)
    let most = 0
    world.onChange = () => {
      most = Math.max(most, world.running().length)
    }
    await daemon.apply(one('b'), 2)
    expect(await clock.runUntil(() => isReady(daemon, one('b')), 60_000)).toBe(true)
    expect(most).toBe(1)
  })

  it('takes a bad update back by itself, says why with the last lines, and never serves less', async () => {
    const { clock, world, start } = setUp()
    const daemon = await start()
    await daemon.apply(version('a'), 1)
    await clock.runUntil(() => isReady(daemon, version('a')), 60_000)
    let fewest = 99
    world.onChange = () => {
      fewest = Math.min(fewest, tags(world).filter((t) => t === 'a').length)
    }
    await daemon.apply(bad(), 2)
    expect(await clock.runUntil(() => daemon.object('web')?.readiness.failedHash === hashOf(bad()), 120_000)).toBe(true)
    expect(daemon.object('web')).toMatchObject({
      hash: hashOf(version('a')),
      readiness: { state: 'ready', reason: 'RolledBack', lastLogs: ['last words'] },
    })
    expect(tags(world)).toEqual(['a', 'a', 'a'])
    expect(fewest).toBe(3)
    expect([...world.things.values()].filter((t) => t.spec.container.environment['EXIT_CODE'] === '7')).toEqual([])
  })

  it('with pause keeps the old replicas serving, removes the new ones and stays failed until it is tried again', async () => {
    const { clock, world, start } = setUp()
    const daemon = await start()
    await daemon.apply(version('a'), 1)
    await clock.runUntil(() => isReady(daemon, version('a')), 60_000)
    const broken = bad({ failureAction: 'pause' })
    await daemon.apply(broken, 2)
    expect(await clock.runUntil(() => daemon.object('web')?.readiness.state === 'failed', 120_000)).toBe(true)
    await clock.advance(60_000)
    expect(daemon.object('web')).toMatchObject({
      hash: hashOf(broken),
      readiness: { state: 'failed' },
      drift: [{ path: 'rollout' }],
    })
    expect(tags(world)).toEqual(['a', 'a', 'a'])
    await daemon.apply(broken, 3)
    await clock.advance(10)
    expect(daemon.object('web')?.readiness.state).toBe('progressing')
  })

  it('counts three failures of one replica, not three replicas that fail once', async () => {
    const { clock, world, start } = setUp()
    const daemon = await start()
    await daemon.apply(version('a'), 1)
    await clock.advance(200)
    for (const thing of world.running()) world.kill(thing.spec.id)
    expect(await clock.runUntil(() => isReady(daemon, version('a')), 60_000)).toBe(true)
  })

  it('bears two failures of a new replica', async () => {
    const { clock, world, start } = setUp()
    const daemon = await start()
    await daemon.apply(version('a'), 1)
    await clock.runUntil(() => isReady(daemon, version('a')), 60_000)
    await daemon.apply(version('b'), 2)
    for (let times = 0; times < 2; times++) {
      await clock.runUntil(() => tags(world).includes('b'), 10_000)
      for (const thing of world.running())
        if (thing.spec.container.environment['TAG'] === 'b') world.kill(thing.spec.id)
    }
    expect(await clock.runUntil(() => isReady(daemon, version('b')), 120_000)).toBe(true)
  })

  it('waits until the old replica has really ended where two may not live side by side', async () => {
    const { clock, world, start } = setUp()
    const daemon = await start()
    world.stopMs = 3_000
    const update = { ...work().update, order: 'stop-first' as const, parallelism: 2 }
    const alone = (tag: string): WorkBody => version(tag, { update })
    await daemon.apply(alone('a'), 1)
    await clock.runUntil(() => isReady(daemon, alone('a')), 60_000)
    const twice: number[] = []
    world.onChange = () => {
      const slots = world.running().map((t) => t.spec.slot)
      twice.push(...slots.filter((slot, i) => slots.indexOf(slot) !== i))
    }
    await daemon.apply(alone('b'), 2)
    expect(await clock.runUntil(() => isReady(daemon, alone('b')), 60_000)).toBe(true)
    expect(twice).toEqual([])
  })

  it('takes a replica out of the proxy before it is told to end', async () => {
    const { clock, world, start } = setUp()
    const daemon = await start()
    const port = {
      target: 80,
      published: null,
      publishedRange: null,
      hostIp: null,
      protocol: 'tcp',
      mode: 'ingress',
      appProtocol: null,
    } as const
    const healthcheck = {
      test: ['CMD', 'true'],
      intervalMs: 1_000,
      timeoutMs: 1_000,
      retries: 3,
      startPeriodMs: 0,
      startIntervalMs: 1_000,
    }
    const open = (tag: string): WorkBody => version(tag, { ports: [port], healthcheck })
    await daemon.apply(open('a'), 1)
    await clock.runUntil(() => isReady(daemon, open('a')), 60_000)
    const served: boolean[] = []
    world.onStop = (id) => {
      const backends = daemon.table().entries.flatMap((entry) => entry.backends)
      served.push(backends.some((backend) => backend.id.startsWith(id) && !backend.draining))
      expect(backends.filter((backend) => !backend.draining).length).toBeGreaterThanOrEqual(3)
    }
    await daemon.apply(open('b'), 2)
    expect(await clock.runUntil(() => isReady(daemon, open('b')), 60_000)).toBe(true)
    expect(served).toEqual([false, false, false])
  })

  it('gives way to a newer spec', async () => {
    const { clock, world, start } = setUp()
    const daemon = await start()
    await daemon.apply(version('a'), 1)
    await clock.runUntil(() => isReady(daemon, version('a')), 60_000)
    await daemon.apply(version('b'), 2)
    await clock.advance(1_500)
    await daemon.apply(version('c'), 3)
    expect(await clock.runUntil(() => isReady(daemon, version('c')), 60_000)).toBe(true)
    expect(tags(world)).toEqual(['c', 'c', 'c'])
  })

  it('scales without replacing anything, the highest slot first on the way down', async () => {
    const { clock, world, start } = setUp()
    const daemon = await start()
    await daemon.apply(version('a'), 1)
    await clock.runUntil(() => isReady(daemon, version('a')), 60_000)
    const before = new Set(world.things.keys())
    await daemon.apply(version('a', { replicas: 5 }), 1)
    expect(await clock.runUntil(() => isReady(daemon, version('a', { replicas: 5 })), 60_000)).toBe(true)
    expect([...before].every((id) => world.things.has(id))).toBe(true)
    await daemon.apply(version('a', { replicas: 2 }), 1)
    expect(await clock.runUntil(() => isReady(daemon, version('a', { replicas: 2 })), 60_000)).toBe(true)
    expect(
      world
        .running()
        .map((t) => t.spec.slot)
        .sort(),
    ).toEqual([1, 2])
  })
})
