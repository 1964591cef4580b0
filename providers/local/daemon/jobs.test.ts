// Dependencies, one-shot jobs and schedules by the whole control plane, over a memory engine and a virtual clock.
import { describe, expect, it } from 'vitest'
import { work } from '../../../test/fakes/local/daemon.ts'
import { bad, isReady, stands, tags, version } from '../../../test/fakes/local/stand.ts'

const setUp = stands()

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

  it('starts a service that waits for another to start once that runs, not only when it is ready', async () => {
    const { clock, world, start } = setUp()
    const daemon = await start()
    const db = work({ service: 'db', replicas: 1, environment: { TAG: 'db' } })
    const web = version('web', { dependsOn: dependsOn('db', 'service_started') })
    await daemon.apply(db, 1)
    await daemon.apply(web, 1)
    expect(await clock.runUntil(() => world.running().length === 4, 900)).toBe(true)
    expect(isReady(daemon, db)).toBe(false)
  })

  it('counts the second of running anew for what ended within it', async () => {
    const { clock, world, start } = setUp()
    const daemon = await start()
    const db = work({ service: 'db', replicas: 1 })
    await daemon.apply(db, 1)
    await clock.runUntil(() => world.running().length === 1, 900)
    await clock.advance(700)
    const first = world.running()[0]?.spec.id ?? ''
    world.kill(first)
    expect(await clock.runUntil(() => world.running().some((t) => t.spec.id !== first), 60_000)).toBe(true)
    const again = clock.now()
    await clock.advance(900)
    expect(isReady(daemon, db)).toBe(false)
    expect(await clock.runUntil(() => isReady(daemon, db), 200)).toBe(true)
    expect(clock.now() - again).toBeGreaterThanOrEqual(1_000)
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

  it('keeps a fire for the engine that is away at its time', async () => {
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
    await clock.advance(5 * 60_000)
    world.down = true
    await clock.advance(6 * 60_000)
    world.down = false
    await clock.advance(60_000)
    expect(world.things.size).toBe(1)
  })
})
