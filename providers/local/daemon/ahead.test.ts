// What is made before its gate opens, by the whole control plane over a memory engine: it is never started early, counts
// for nothing but its room, and goes when nobody waits for it any more.
import { describe, expect, it } from 'vitest'
import { StormportError } from '../../../core/errors.ts'
import type { Port } from '../../../core/model/app.ts'
import { APP, type FakeDaemon, REF, work } from '../../../test/fakes/local/daemon.ts'
import { isReady, stands, tags, version } from '../../../test/fakes/local/stand.ts'
import type { Thing, World } from '../../../test/fakes/local/world.ts'
import type { WorkBody } from '../spec.ts'
import { stopAll } from './stop-all.ts'

const setUp = stands()
const never = new AbortController().signal

const needs = (service: string, condition: 'service_started' | 'service_healthy' = 'service_started') => ({
  dependsOn: [{ service, condition, required: true, restart: false }],
})

const db = version('db', { service: 'db', replicas: 1 })
const web = (tag = 'web', change: Partial<WorkBody> = {}): WorkBody => version(tag, { ...needs('db'), ...change })

const of = (world: World, service: string): readonly Thing[] =>
  [...world.things.values()].filter((t) => t.spec.service === service)
const phases = (world: World, service: string): readonly string[] => of(world, service).map((t) => t.state.phase)
const replicas = (daemon: FakeDaemon, service: string) => daemon.observe().replicas.filter((r) => r.service === service)

/** The dependency is being started, and takes ten seconds for it. */
const waiting = async (body: WorkBody = web()) => {
  const stand = setUp()
  stand.world.startMs = 10_000
  const daemon = await stand.start()
  await daemon.apply(db, 1)
  await daemon.apply(body, 1)
  await stand.clock.advance(5_000)
  return { ...stand, daemon }
}

describe('a service that waits for another to start', () => {
  it('has its containers made, and starts them only when the other runs', async () => {
    const { clock, world, daemon } = await waiting()
    expect(phases(world, 'web')).toEqual(['created', 'created', 'created'])
    const made = of(world, 'web').map((t) => t.spec.id)
    await clock.advance(4_900)
    expect(world.running()).toEqual([])
    world.startMs = 0
    expect(await clock.runUntil(() => world.running().length === 4, 200)).toBe(true)
    expect(of(world, 'web').map((t) => t.spec.id)).toEqual(made)
    expect(await clock.runUntil(() => isReady(daemon, web()), 60_000)).toBe(true)
  })

  it('counts as waiting: not as running, ready, restarted, or as started for those that depend on it', async () => {
    const { clock, world, daemon } = await waiting()
    await daemon.apply(version('edge', { ...needs('web'), service: 'edge', replicas: 1 }), 1)
    await clock.advance(1_000)
    expect(phases(world, 'edge')).toEqual(['created'])
    expect(replicas(daemon, 'web').map((r) => [r.phase, r.ready, r.restarts, r.reason])).toEqual(
      Array.from({ length: 3 }, () => ['pending', false, 0, 'waits for db to start']),
    )
    expect(daemon.observe().services.find((s) => s.service === 'web')).toMatchObject({ desired: 3, ready: 0 })
    expect(daemon.object('web')?.readiness).toMatchObject({ state: 'progressing', reason: 'Waiting' })
    world.startMs = 0
    await clock.runUntil(() => isReady(daemon, web()), 60_000)
    expect(replicas(daemon, 'web').map((r) => r.restarts)).toEqual([0, 0, 0])
    expect([...world.things.values()].every((t) => t.starts === 1)).toBe(true)
  })

  it('is taken over as it was left by the next daemon', async () => {
    const { clock, world, daemon, start } = await waiting()
    const made = of(world, 'web').map((t) => t.spec.id)
    daemon.kill()
    const next = await start()
    await clock.advance(5_000)
    expect(phases(world, 'web')).toEqual(['created', 'created', 'created'])
    expect(await clock.runUntil(() => isReady(next, web()), 60_000)).toBe(true)
    expect(of(world, 'web').map((t) => t.spec.id)).toEqual(made)
    expect(replicas(next, 'web').map((r) => r.restarts)).toEqual([0, 0, 0])
  })

  it.each(Array.from({ length: 14 }, (_, i) => [i + 1, i % 2 === 0] as const))(
    'loses nothing and starts nothing twice when the daemon is killed at effect %i',
    async (dieAt, dieAfterEffect) => {
      const { clock, world, start } = setUp()
      world.startMs = 100
      const first = await start({ dieAt, dieAfterEffect })
      await first.apply(db, 1)
      await first.apply(web(), 1)
      await clock.runUntil(() => !first.life.alive || isReady(first, web()), 60_000)
      first.kill()
      const next = await start()
      await next.apply(db, 1)
      await next.apply(web(), 1)
      expect(await clock.runUntil(() => isReady(next, web()) && isReady(next, db), 60_000)).toBe(true)
      expect(tags(world)).toEqual(['db', 'web', 'web', 'web'])
      expect([...world.things.values()].map((t) => t.starts)).toEqual([1, 1, 1, 1])
    },
  )

  it.each(Array.from({ length: 12 }, (_, i) => i + 1))(
    'is not started a second time when it ran and ended while no daemon lived, killed after effect %i',
    async (dieAt) => {
      const { clock, world, start } = setUp()
      const short = work({ ...needs('db'), environment: { EXIT_AFTER_MS: '50', EXIT_CODE: '0' } })
      const first = await start({ dieAt, dieAfterEffect: true })
      await first.apply(db, 1)
      await first.apply(short, 1)
      await clock.runUntil(() => !first.life.alive, 5_000)
      first.kill()
      await clock.advance(1_000)
      const next = await start()
      await next.apply(db, 1)
      await next.apply(short, 1)
      expect(await clock.runUntil(() => isReady(next, short) && isReady(next, db), 60_000)).toBe(true)
      expect([...world.things.values()].filter((t) => t.starts > 1)).toEqual([])
    },
  )

  it('is removed with its service, unstarted', async () => {
    const { clock, world, daemon } = await waiting()
    await daemon.remove(`service/${APP}/web`)
    expect(await clock.runUntil(() => daemon.object('web') === undefined, 1_000)).toBe(true)
    expect(of(world, 'web')).toEqual([])
  })

  it('is removed when what it waits for goes, and made again when that comes back', async () => {
    const { clock, world, daemon } = await waiting()
    await daemon.remove(`service/${APP}/db`)
    await clock.advance(1_000)
    expect(world.things.size).toBe(0)
    expect(replicas(daemon, 'web')[0]).toMatchObject({
      phase: 'pending',
      reason: 'waits for db, which is not there yet',
    })
    await daemon.apply(db, 2)
    await clock.advance(1_000)
    expect(phases(world, 'web')).toEqual(['created', 'created', 'created'])
    expect(await clock.runUntil(() => isReady(daemon, web()), 60_000)).toBe(true)
  })

  it('is made anew when its spec changes before the other runs', async () => {
    const { clock, world, daemon } = await waiting(web('old'))
    const old = new Set(of(world, 'web').map((t) => t.spec.id))
    await daemon.apply(web('new'), 2)
    await clock.advance(1_000)
    expect(phases(world, 'web')).toEqual(['created', 'created', 'created'])
    expect(of(world, 'web').some((t) => old.has(t.spec.id))).toBe(false)
    expect(await clock.runUntil(() => isReady(daemon, web('new')), 60_000)).toBe(true)
    expect(tags(world)).toEqual(['db', 'new', 'new', 'new'])
    expect(world.things.size).toBe(4)
  })

  it('follows its count before the other runs', async () => {
    const { clock, world, daemon } = await waiting()
    await daemon.apply(web('web', { replicas: 1 }), 2)
    await clock.advance(1_000)
    expect(phases(world, 'web')).toEqual(['created'])
  })

  it('holds its host port and its room meanwhile, and gives them back', async () => {
    const port: Port = {
      target: 80,
      published: 8080,
      publishedRange: null,
      hostIp: null,
      protocol: 'tcp',
      mode: 'host',
      appProtocol: null,
    }
    const { clock, world, daemon } = await waiting(web('web', { replicas: 1, ports: [port] }))
    expect(phases(world, 'web')).toEqual(['created'])
    const rival = version('rival', { service: 'rival', replicas: 1, ports: [port] })
    await daemon.apply(rival, 2)
    await clock.advance(1_000)
    expect(phases(world, 'rival')).toEqual([])
    expect(daemon.object('rival')?.readiness.message).toContain('8080')
    await daemon.remove(`service/${APP}/web`)
    expect(await clock.runUntil(() => phases(world, 'rival').length === 1, 5_000)).toBe(true)
  })

  it('goes with everything else when the daemon stops all', async () => {
    const { clock, world, daemon } = await waiting()
    const over = stopAll(daemon.plane, never)
    await clock.advance(1_000)
    await over
    expect(of(world, 'web')).toEqual([])
    expect(daemon.plane.ledger.allocs().filter((a) => a.service === 'web')).toEqual([])
  })

  it('is made again when somebody has removed it before its start', async () => {
    const { clock, world, daemon } = await waiting()
    const node = daemon.plane.nodes.nodesOf(REF.name)[0]
    await node?.engine.driver.remove(of(world, 'web')[0]?.spec.id ?? '', never)
    expect(phases(world, 'web')).toEqual(['created', 'created'])
    expect(await clock.runUntil(() => isReady(daemon, web()), 60_000)).toBe(true)
    expect(replicas(daemon, 'web').map((r) => r.restarts)).toEqual([0, 0, 0])
  })

  it('starts without delay although it could not be made before', async () => {
    const { clock, world, start } = setUp()
    world.startMs = 10_000
    world.onCreate = ({ service }) => {
      if (service === 'web') throw new StormportError('InvalidSpec', 'not now')
    }
    const daemon = await start()
    await daemon.apply(db, 1)
    await daemon.apply(web(), 1)
    await clock.advance(9_900)
    expect(phases(world, 'web')).toEqual([])
    expect(daemon.object('web')?.readiness.state).toBe('progressing')
    world.onCreate = () => undefined
    world.startMs = 0
    expect(await clock.runUntil(() => world.running().length === 4, 150)).toBe(true)
    expect(replicas(daemon, 'web').map((r) => r.restarts)).toEqual([0, 0, 0])
  })
})

describe('nothing is made ahead', () => {
  it('for a wait that may be long', async () => {
    const { clock, world, daemon } = await waiting(web('web', needs('db', 'service_healthy')))
    await clock.advance(1_000)
    expect(phases(world, 'web')).toEqual([])
    expect(await clock.runUntil(() => isReady(daemon, web('web', needs('db', 'service_healthy'))), 60_000)).toBe(true)
  })

  it('while what is waited for has no place itself, so that its room is not taken', async () => {
    const { clock, world, start } = setUp()
    const daemon = await start()
    const { placement } = work()
    const large = { ...placement, requests: { ...placement.requests, cpuMillis: 2_000_000 } }
    await daemon.apply(version('db', { service: 'db', replicas: 1, placement: large }), 1)
    await daemon.apply(web(), 1)
    await clock.advance(5_000)
    expect(world.things.size).toBe(0)
    expect(replicas(daemon, 'web')[0]).toMatchObject({ phase: 'pending', reason: 'waits for db to start' })
  })

  it('for a host process', async () => {
    const body = web('web', { driver: 'process' })
    const { clock, world, daemon } = await waiting(body)
    expect(phases(world, 'web')).toEqual([])
    expect(await clock.runUntil(() => isReady(daemon, body), 60_000)).toBe(true)
  })

  it('for an update: the replicas before it hold its ports and volumes', async () => {
    const { clock, world, start } = setUp()
    const daemon = await start()
    await daemon.apply(web('old', { dependsOn: [] }), 1)
    await clock.runUntil(() => isReady(daemon, web('old', { dependsOn: [] })), 60_000)
    world.startMs = 10_000
    await daemon.apply(db, 2)
    await daemon.apply(web('new'), 2)
    await clock.advance(5_000)
    expect(tags(world)).toEqual(['old', 'old', 'old'])
    expect(phases(world, 'web')).toEqual(['running', 'running', 'running'])
  })
})
