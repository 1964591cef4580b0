// The whole control plane over a memory engine and a virtual clock: rollouts, healing, jobs, and above all what is left
// when the daemon is killed at any effect and started again.
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import {
  APP,
  type FakeDaemon,
  type FakeDaemonOptions,
  hashOf,
  memoryStore,
  startFakeDaemon,
  work,
} from '../../../test/fakes/local/daemon.ts'
import { createVirtualClock } from '../../../test/fakes/local/virtual-clock.ts'
import { createWorld, type World } from '../../../test/fakes/local/world.ts'
import type { WorkBody } from '../spec.ts'

const open: FakeDaemon[] = []
afterEach(async () => {
  for (const daemon of open.splice(0)) if (daemon.life.alive) await daemon.close()
})

const setUp = () => {
  const clock = createVirtualClock()
  const world = createWorld(clock)
  const store = memoryStore()
  const start = async (change: Partial<FakeDaemonOptions> = {}): Promise<FakeDaemon> => {
    const daemon = await startFakeDaemon({ world, clock, store, ...change })
    open.push(daemon)
    return daemon
  }
  return { clock, world, store, start }
}

const bad = (change: Partial<WorkBody> = {}): WorkBody =>
  work({ ...change, environment: { EXIT_AFTER_MS: '50', EXIT_CODE: '7' } })
const version = (tag: string, change: Partial<WorkBody> = {}): WorkBody =>
  work({ ...change, environment: { TAG: tag } })
const isReady = (daemon: FakeDaemon, body: WorkBody): boolean => {
  const object = daemon.object(body.service)
  return object?.hash === hashOf(body) && object.readiness.state === 'ready'
}
const tags = (world: World): readonly (string | undefined)[] =>
  world
    .running()
    .map((t) => t.spec.container.environment['TAG'])
    .sort()

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
    expect([fewest, most]).toEqual([3, 4])
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

describe('order and jobs', () => {
  const dependsOn = (
    service: string,
    condition: 'service_started' | 'service_healthy' | 'service_completed_successfully',
  ) => [{ service, condition, required: true, restart: false }]

  it('starts a service only when what it depends on is healthy', async () => {
    const { clock, world, start } = setUp()
    const daemon = await start()
    const web = version('web', { dependsOn: dependsOn('db', 'service_healthy') })
    await daemon.apply(web, 1)
    await clock.advance(5_000)
    expect(world.running()).toEqual([])
    expect(daemon.observe().replicas[0]).toMatchObject({
      phase: 'pending',
      reason: 'waits for db, which is not there yet',
    })
    await daemon.apply(version('db', { service: 'db', replicas: 1 }), 1)
    await clock.advance(500)
    expect(tags(world)).toEqual(['db'])
    expect(await clock.runUntil(() => isReady(daemon, web), 60_000)).toBe(true)
  })

  it('runs a job once to success, and its dependents after it', async () => {
    const { clock, world, start } = setUp()
    const daemon = await start()
    const job = work({
      kind: 'job',
      service: 'migrate',
      replicas: 1,
      job: { run: 'onChange', runKey: null },
      environment: { EXIT_AFTER_MS: '2000', EXIT_CODE: '0' },
    })
    const web = version('web', { dependsOn: dependsOn('migrate', 'service_completed_successfully') })
    await daemon.apply(job, 1)
    await daemon.apply(web, 1)
    await clock.advance(1_500)
    expect(tags(world)).toEqual([undefined])
    expect(await clock.runUntil(() => isReady(daemon, web) && isReady(daemon, job), 60_000)).toBe(true)
    await daemon.apply(job, 2)
    await clock.advance(10_000)
    expect([...world.things.values()].filter((t) => t.spec.service === 'migrate').length).toBe(1)
  })

  it('says that a dependent can never start when the job has failed', async () => {
    const { clock, world, start } = setUp()
    const daemon = await start()
    const job = bad({ kind: 'job', service: 'migrate', replicas: 1, job: { run: 'onChange', runKey: null } })
    const web = version('web', { dependsOn: dependsOn('migrate', 'service_completed_successfully') })
    await daemon.apply(job, 1)
    await daemon.apply(web, 1)
    await clock.advance(5_000)
    expect(daemon.object('migrate')?.readiness).toMatchObject({
      state: 'failed',
      message: 'migrate.1 exited with 7',
      lastLogs: ['last words'],
    })
    expect(daemon.object('web')?.readiness).toMatchObject({
      state: 'failed',
      message: 'migrate has failed, and must complete first',
    })
    expect(world.running()).toEqual([])
  })

  it('fires a schedule at its time, and once for all fires that it missed', async () => {
    const { clock, world, start } = setUp()
    const daemon = await start()
    const cron = work({
      kind: 'cron',
      service: 'tick',
      replicas: 1,
      schedule: { cron: '*/10 * * * *', timezone: 'UTC', concurrency: 'forbid', startDeadlineMs: null },
      environment: { EXIT_AFTER_MS: '1000', EXIT_CODE: '0' },
    })
    await daemon.apply(cron, 1)
    await clock.advance(9 * 60_000)
    expect(world.things.size).toBe(0)
    await clock.advance(2 * 60_000)
    expect(world.things.size).toBe(1)
    daemon.kill()
    await clock.advance(60 * 60_000)
    const next = await start()
    await clock.advance(5_000)
    expect(world.things.size).toBe(2)
    expect(next.object('tick')?.readiness.state).toBe('ready')
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

describe('a daemon that is killed at any effect', () => {
  const script = fc.record({
    first: fc.integer({ min: 1, max: 3 }),
    steps: fc.array(
      fc.oneof(
        fc.record({ kind: fc.constant('update' as const), replicas: fc.integer({ min: 1, max: 4 }) }),
        fc.record({ kind: fc.constant('break' as const), replicas: fc.integer({ min: 1, max: 3 }) }),
        fc.record({ kind: fc.constant('scale' as const), replicas: fc.integer({ min: 0, max: 4 }) }),
        fc.record({ kind: fc.constant('kill' as const), replicas: fc.integer({ min: 0, max: 3 }) }),
      ),
      { minLength: 1, maxLength: 3 },
    ),
    deaths: fc.array(fc.record({ at: fc.integer({ min: 1, max: 12 }), after: fc.boolean() }), {
      minLength: 1,
      maxLength: 4,
    }),
    exclusive: fc.boolean(),
    removed: fc.boolean(),
  })

  it('loses nothing and runs nothing twice', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(script, async ({ first, steps, deaths, exclusive, removed }) => {
        const { clock, world, start } = setUp()
        const queue = [...deaths]
        let daemon: FakeDaemon
        const next = async (): Promise<void> => {
          const death = queue.shift()
          daemon = await start(death === undefined ? {} : { dieAt: death.at, dieAfterEffect: death.after })
        }
        const faults: string[] = []
        world.onChange = () => {
          const bySlot = new Map<number, number>()
          for (const t of world.running()) bySlot.set(t.spec.slot, (bySlot.get(t.spec.slot) ?? 0) + 1)
          if ([...bySlot.values()].some((n) => n > (exclusive ? 1 : 2))) faults.push('a slot runs too often')
          if ([...world.things.values()].some((t) => t.starts > 1)) faults.push('an allocation was started twice')
        }
        /** As a user would: run the command again until it has got through to a living daemon. */
        const send = async (
          what: (d: FakeDaemon) => Promise<void>,
          done: (d: FakeDaemon) => boolean,
        ): Promise<void> => {
          for (let tries = 0; tries < 10; tries++) {
            await what(daemon)
            if (await clock.runUntil(() => !daemon.life.alive || done(daemon), 600_000)) if (daemon.life.alive) return
            if (daemon.life.alive) throw new Error(`not done: ${JSON.stringify(daemon.object('web')?.readiness)}`)
            daemon.kill()
            await next()
          }
          throw new Error('more deaths than planned')
        }
        const order = exclusive ? ('stop-first' as const) : null
        const make = (tag: string, replicas: number): WorkBody =>
          version(tag, { replicas, update: { ...work().update, order } })
        await next()
        let now = make('v0', first)
        let release = 1
        await send(
          (d) => d.apply(now, release),
          (d) => isReady(d, now),
        )
        for (const step of steps) {
          release++
          if (step.kind === 'kill') {
            const victim = world.running()[step.replicas % Math.max(1, world.running().length)]
            if (victim !== undefined) world.kill(victim.spec.id)
            await send(
              (d) => d.apply(now, release),
              (d) => isReady(d, now) && world.running().length === now.replicas,
            )
          } else if (step.kind === 'break') {
            const broken = { ...bad({ replicas: step.replicas }), update: now.update }
            const before = now
            await send(
              (d) =>
                d.object('web')?.readiness.failedHash === hashOf(broken) ? Promise.resolve() : d.apply(broken, release),
              (d) => d.object('web')?.readiness.failedHash === hashOf(broken) && isReady(d, before),
            )
          } else {
            now = make(step.kind === 'update' ? `v${release}` : (tags(world)[0] ?? 'v0'), step.replicas)
            await send(
              (d) => d.apply(now, release),
              (d) => isReady(d, now),
            )
          }
          expect(
            world
              .running()
              .map((t) => [t.spec.slot, t.spec.container.environment['TAG']])
              .sort(),
          ).toEqual(Array.from({ length: now.replicas }, (_, i) => [i + 1, now.container.environment['TAG']]))
        }
        if (removed) {
          await send(
            (d) => d.remove(`service/${APP}/web`),
            (d) => d.object('web') === undefined,
          )
          expect(world.things.size).toBe(0)
        }
        expect(faults).toEqual([])
      }),
      { numRuns: 60 },
    )
  })
})
