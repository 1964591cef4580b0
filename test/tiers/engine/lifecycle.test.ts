// One allocation's life on real engines, oldest and newest API.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createDockerDriver } from '../../../providers/local/drivers/docker/index.ts'
import { startEngine, type TestEngine } from '../../engines/engine.ts'
import { loadImage } from '../../engines/images.ts'
import { createFixture, type Fixture } from './fixture.ts'

describe.each(['debian', 'current'] as const)('on the %s engine', (kind) => {
  let engine: TestEngine
  let on: Fixture

  beforeAll(async () => {
    engine = await startEngine({ kind })
    await loadImage(engine.host, 'busybox')
    on = await createFixture(engine.host)
  }, 90_000)

  afterAll(async () => {
    await on?.cleanUp()
    await engine?.stop()
  }, 90_000)

  test('an engine tells what it is', async () => {
    const facts = await on.driver.fingerprint(on.signal)
    expect(facts).toMatchObject({ driver: 'docker', version: engine.version, os: 'linux', arch: 'amd64' })
    expect(facts.total.cpuMillis).toBeGreaterThan(0)
    expect(facts.warnings.join()).toContain('live-restore')
  })

  test('create is done once for an allocation, and its state says what happened', async () => {
    const spec = on.alloc()
    const first = await on.driver.create(spec, on.signal)
    const again = await on.driver.create(spec, on.signal)
    expect(first.phase).toBe('created')
    expect(again.native).toBe(first.native)
    const started = await on.driver.start(spec.id, on.signal)
    expect(started).toMatchObject({ phase: 'running', app: 'shop', service: 'web', slot: 1, exitCode: null })
    expect(await on.driver.start(spec.id, on.signal)).toMatchObject({ phase: 'running' })
    const listed = await on.driver.list(on.signal)
    expect(listed.map((state) => state.id)).toContain(spec.id)
    const stopped = await on.driver.stop(spec.id, { gracePeriodMs: 2_000, signal: null }, on.signal)
    expect(stopped).toMatchObject({ phase: 'exited', exitCode: 143, signal: 'SIGTERM' })
    await on.driver.remove(spec.id, on.signal)
    await on.driver.remove(spec.id, on.signal)
    expect(await on.driver.inspect(spec.id, on.signal)).toBeNull()
    expect(await on.driver.stop(spec.id, { gracePeriodMs: 1, signal: null }, on.signal)).toMatchObject({
      phase: 'gone',
    })
  })

  test('a daemon that lost its memory finds its containers by their labels, another daemon finds none', async () => {
    const spec = on.alloc()
    const { native } = await on.driver.create(spec, on.signal)
    const open = (owner: string) =>
      createDockerDriver({ node: 'n1', host: engine.host, stateDir: on.stateDir, owner, labels: {}, gpus: [] }, {})
    const again = open(on.owner)
    expect((await again.list(on.signal)).map((state) => state.native)).toContain(native)
    expect(await again.create(spec, on.signal)).toMatchObject({ native, phase: 'created' })
    expect(await open('another').list(on.signal)).toEqual([])
    await expect(open('another').create(spec, on.signal)).rejects.toMatchObject({
      code: 'Conflict',
      details: { diagnostic: 'SP4116' },
    })
  })

  test('a given stop signal is sent, and what ignores it is killed after the grace', async () => {
    const polite = await on.run({
      container: { command: ['sh', '-c', 'trap "exit 5" USR1; while :; do sleep 0.05; done'] },
    })
    await expect.poll(() => on.sh(polite.id, 'true').then((r) => r.code)).toBe(0)
    expect(await on.driver.stop(polite.id, { gracePeriodMs: 5_000, signal: 'SIGUSR1' }, on.signal)).toMatchObject({
      exitCode: 5,
    })
    const deaf = await on.run({ container: { command: ['sh', '-c', 'trap "" TERM; while :; do sleep 0.05; done'] } })
    expect(await on.driver.stop(deaf.id, { gracePeriodMs: 1_000, signal: null }, on.signal)).toMatchObject({
      exitCode: 137,
      signal: 'SIGKILL',
    })
  })

  test('a command inside gives its output and exit code', async () => {
    const { id } = await on.run()
    expect(await on.sh(id, 'echo hello; exit 3')).toEqual({ out: 'hello', code: 3 })
  })
})
