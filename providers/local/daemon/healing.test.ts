// Healing, cards and removal by the whole control plane, over a memory engine and a virtual clock.
import { describe, expect, it } from 'vitest'
import { APP, work } from '../../../test/fakes/local/daemon.ts'
import { bad, isReady, stands, version } from '../../../test/fakes/local/stand.ts'
import type { WorkBody } from '../spec.ts'

const setUp = stands()

describe('healing', () => {
  it('replaces a killed replica within a second and counts the restart', async () => {
    const { clock, world, start } = setUp()
    const daemon = await start()
    await daemon.apply(version('a'), 1)
    await clock.runUntil(() => isReady(daemon, version('a')), 60_000)
    await clock.advance(20_000)
    const victim = world.running()[0]?.spec.id ?? ''
    world.kill(victim)
    const begun = clock.now()
    expect(await clock.runUntil(() => world.running().length === 3, 60_000)).toBe(true)
    expect(clock.now() - begun).toBeLessThanOrEqual(1_000)
    await clock.runUntil(() => isReady(daemon, version('a')), 60_000)
    expect(
      daemon
        .observe()
        .replicas.map((r) => r.restarts)
        .sort(),
    ).toEqual([0, 0, 1])
  })

  it('finds what ended while no daemon lived', async () => {
    const { clock, world, start } = setUp()
    const first = await start()
    await first.apply(version('a'), 1)
    await clock.runUntil(() => isReady(first, version('a')), 60_000)
    first.kill()
    world.kill(world.running()[0]?.spec.id ?? '')
    await clock.advance(5_000)
    const next = await start()
    expect(await clock.runUntil(() => world.running().length === 3 && isReady(next, version('a')), 10_000)).toBe(true)
    expect(
      next
        .observe()
        .replicas.map((r) => r.restarts)
        .sort(),
    ).toEqual([0, 0, 1])
  })

  it('waits longer from crash to crash', async () => {
    const { clock, world, start } = setUp()
    const daemon = await start()
    const starts: number[] = []
    const seen = new Set<string>()
    world.onChange = () => {
      for (const t of world.running())
        if (!seen.has(t.spec.id)) {
          seen.add(t.spec.id)
          starts.push(clock.now())
        }
    }
    await daemon.apply(bad({ replicas: 1 }), 1)
    await clock.advance(120_000)
    const gaps = starts.slice(1).map((at, i) => at - (starts[i] ?? 0))
    expect(gaps.slice(0, 4)).toEqual([550, 1_050, 2_050, 4_050])
    expect(Math.max(...gaps)).toBeLessThanOrEqual(60_050)
  })

  it('does not start again what may not restart, nor what ended well in its first deploy', async () => {
    const { clock, world, start } = setUp()
    const daemon = await start()
    const once = work({ replicas: 1, environment: { EXIT_AFTER_MS: '100', EXIT_CODE: '0' } })
    await daemon.apply(once, 1)
    await clock.advance(60_000)
    expect(world.things.size).toBe(1)
    expect(daemon.object('web')?.readiness.state).toBe('ready')
    const never = bad({
      service: 'never',
      replicas: 1,
      restart: { condition: 'none', delayMs: null, maxAttempts: null, windowMs: null },
    })
    await daemon.apply(never, 1)
    await clock.advance(60_000)
    expect(world.things.size).toBe(2)
    expect(daemon.object('never')?.readiness.state).toBe('failed')
  })

  it('keeps replicas through an engine outage instead of starting second ones', async () => {
    const { clock, world, start } = setUp()
    const daemon = await start()
    await daemon.apply(version('a'), 1)
    await clock.runUntil(() => isReady(daemon, version('a')), 60_000)
    const before = [...world.things.keys()].sort()
    world.down = true
    await clock.advance(90_000)
    world.down = false
    await clock.advance(90_000)
    expect([...world.things.keys()].sort()).toEqual(before)
  })
})

describe('cards', () => {
  const gpu = { models: ['l4'], minMemoryBytes: 0, count: 1, deviceIds: [], sharing: 'refuse', share: 1 } as const
  const onCard = (service: string, tag: string, replicas: number): WorkBody => {
    const body = version(tag, { service, replicas })
    return { ...body, placement: { ...body.placement, gpu } }
  }

  it('are handed out to one replica at a time, also while an update replaces it', async () => {
    const { clock, world, start } = setUp()
    const daemon = await start()
    const twice: string[] = []
    world.onChange = () => {
      const held = world.running().flatMap((t) => t.spec.gpuIds)
      if (new Set(held).size !== held.length) twice.push(held.join())
    }
    await daemon.apply(onCard('one', 'a', 2), 1)
    await daemon.apply(onCard('two', 'b', 1), 1)
    expect(await clock.runUntil(() => isReady(daemon, onCard('one', 'a', 2)), 60_000)).toBe(true)
    expect(daemon.observe().replicas.find((r) => r.service === 'two')).toMatchObject({
      phase: 'pending',
      reason: expect.stringMatching(/gpu/i),
    })
    await daemon.apply(onCard('one', 'c', 2), 2)
    expect(await clock.runUntil(() => isReady(daemon, onCard('one', 'c', 2)), 120_000)).toBe(true)
    await daemon.apply(onCard('one', 'c', 1), 3)
    expect(await clock.runUntil(() => isReady(daemon, onCard('two', 'b', 1)), 60_000)).toBe(true)
    expect(twice).toEqual([])
  })
})

describe('removal', () => {
  it('stops and removes everything, and forgets the service when the last replica is gone', async () => {
    const { clock, world, start } = setUp()
    const daemon = await start()
    await daemon.apply(version('a'), 1)
    await clock.runUntil(() => isReady(daemon, version('a')), 60_000)
    await daemon.remove(`service/${APP}/web`)
    expect(await clock.runUntil(() => daemon.object('web') === undefined, 60_000)).toBe(true)
    expect(world.things.size).toBe(0)
    expect(daemon.plane.ledger.store.isEmpty()).toBe(true)
    await daemon.remove(`service/${APP}/web`)
  })

  it('clears away what carries its mark and no service knows, after a grace', async () => {
    const { clock, world, start } = setUp()
    const daemon = await start()
    await daemon.apply(version('a', { replicas: 1 }), 1)
    await clock.runUntil(() => isReady(daemon, version('a', { replicas: 1 })), 60_000)
    const life = { alive: true, dieAt: 0, dieAfterEffect: false, effects: 0 }
    const known = world.running()[0]
    if (known === undefined) throw new Error('nothing runs')
    await world.driver(life).create({ ...known.spec, id: 'stray0000000' }, new AbortController().signal)
    await clock.advance(40_000)
    expect(world.things.has('stray0000000')).toBe(true)
    await clock.advance(60_000)
    expect([...world.things.keys()]).toEqual([known.spec.id])
  })
})
