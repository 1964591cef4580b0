// Parts that die in the middle of a deploy: the engine, the command, the daemon, the user's patience. Work stays up, a rerun
// ends in the wanted state, and nothing runs twice.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { until } from '../../e2e/world.ts'
import { startEngine, type TestEngine } from '../../engines/engine.ts'
import { loadImage } from '../../engines/images.ts'
import { BUSYBOX, type Container, createDeployments, type Deployments } from './deployments.ts'

/** Two services, one behind the other; each version replaces every container. */
const fleet = (version: number): string => `services:
  api:
    image: ${BUSYBOX}
    command: [sh, -c, "sleep 0.3; touch /tmp/up; sleep 1000"]
    environment: { VERSION: "${version}" }
    healthcheck: { test: [CMD, test, -e, /tmp/up], interval: 200ms, retries: 100 }
    stop_grace_period: 1s
    deploy: { replicas: 3, update_config: { monitor: 0s } }
  web:
    image: ${BUSYBOX}
    command: [sleep, "1000"]
    environment: { VERSION: "${version}" }
    depends_on: { api: { condition: service_healthy } }
    stop_grace_period: 1s
    deploy: { replicas: 2, update_config: { monitor: 0s } }
`

const wanted = (containers: readonly Container[], release: number): boolean =>
  containers.length === 5 &&
  containers.every((c) => c.state === 'running' && c.release === release) &&
  containers.filter((c) => c.service === 'api').length === 3

describe('a deploy that is cut off', () => {
  let engine: TestEngine
  let on: Deployments
  let release = 0
  const daemonPid = (): number => (on.world.json('daemon', 'status') as { readonly pid: number }).pid // the shape of DESIGN section 9
  const rerun = async (version: number): Promise<void> => {
    const again = on.deploy('fleet', fleet(version))
    expect(again.code, again.all).toBe(0)
    expect(wanted(await on.containers('fleet'), release), JSON.stringify(await on.containers('fleet'))).toBe(true)
  }

  beforeAll(async () => {
    engine = await startEngine({ kind: 'debian' })
    await loadImage(engine.host, 'busybox')
    on = createDeployments(engine)
  })
  afterAll(async () => {
    await on?.world.end()
    await engine?.stop()
  })

  it('by an engine that is down is refused with a reason, and goes through when it is up', async () => {
    await engine.halt('term')
    const pinned = 'targets: { local: { provider: local, driver: docker } }\n'
    on.world.write('pinned.config.yaml', pinned)
    const down = on.deploy('fleet', fleet(0))
    expect([5, 7], down.all).toContain(down.code)
    expect(down.all).toMatch(/needs a container engine, and none answers/)
    const asked = on.deploy('fleet', fleet(0), '--config', 'pinned.config.yaml')
    expect(asked.code, asked.all).toBe(7)
    expect(asked.all).toMatch(/does not answer/)
    await engine.resume()
    release = 1
    await rerun(0)
  })

  it('by an engine that is killed goes on when it is back', async () => {
    release = 2
    const deploying = on.start('fleet', fleet(1))
    await until('the rollout has begun', async () => (await on.containers('fleet')).some((c) => c.release === 2))
    await engine.halt('kill')
    const status = on.world.run('status', '-p', 'fleet')
    expect(status.code, status.all).toBe(0)
    expect(status.all).toMatch(/unreachable/)
    await engine.resume()
    await deploying.ended
    await rerun(1)
  })

  interface Moment {
    readonly when: string
    readonly holds: (of: readonly Container[], next: number) => boolean
  }
  const MOMENTS: readonly Moment[] = [
    { when: 'before anything is made', holds: () => true },
    { when: 'when the first container is made', holds: (of, next) => of.some((c) => c.release === next) },
    {
      when: 'when the second service begins',
      holds: (of, next) => of.some((c) => c.release === next && c.service === 'web'),
    },
  ]

  it.each(MOMENTS)('by a kill of command and daemon $when ends as wanted after a rerun', async ({ holds }) => {
    release += 1
    const deploying = on.start('fleet', fleet(release))
    await until('the moment', async () => holds(await on.containers('fleet'), release))
    process.kill(daemonPid(), 'SIGKILL')
    deploying.kill('SIGKILL')
    await deploying.ended
    const up = (await on.containers('fleet')).filter((c) => c.state === 'running')
    expect(up.length).toBeGreaterThanOrEqual(5)
    await rerun(release)
  })

  it('by a kill of the command alone is finished by the daemon', async () => {
    release += 1
    const deploying = on.start('fleet', fleet(release))
    await until('it has begun', async () => (await on.containers('fleet')).some((c) => c.release === release))
    deploying.kill('SIGKILL')
    await deploying.ended
    await until('the daemon has finished it', async () => wanted(await on.containers('fleet'), release), 60_000)
    await rerun(release)
    expect(on.world.json('releases', '-p', 'fleet')).toMatchObject({
      releases: expect.arrayContaining([expect.objectContaining({ number: release, healthy: true })]),
    })
  })

  it('by Ctrl-C ends with 130, says so, and leaves the work to its target', async () => {
    release += 1
    const deploying = on.start('fleet', fleet(release))
    await until('it has begun', async () => (await on.containers('fleet')).some((c) => c.release === release))
    deploying.kill('SIGINT')
    const ended = await deploying.ended
    expect(ended.code, ended.all).toBe(130)
    expect(ended.err).toMatch(/stopped waiting; what is under way goes on/)
    const up = (await on.containers('fleet')).filter((c) => c.state === 'running')
    expect(up.length).toBeGreaterThanOrEqual(5)
    await until('the daemon has finished it', async () => wanted(await on.containers('fleet'), release), 60_000)
    await rerun(release)
  })
})
