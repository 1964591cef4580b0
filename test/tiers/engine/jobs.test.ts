// One-shot work, schedules and services that wait for each other, on a real engine through the built command line.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startEngine, type TestEngine } from '../../engines/engine.ts'
import { loadImage } from '../../engines/images.ts'
import { BUSYBOX, createDeployments, type Deployments } from './deployments.ts'

interface Ps {
  readonly replicas: readonly {
    readonly service: string
    readonly phase: string
    readonly ready: boolean
    readonly release: number
    readonly lastExit: { readonly code: number | null } | null
  }[]
}

const behindJob = (ends: string): string => `services:
  migrate:
    image: ${BUSYBOX}
    command: [sh, -c, "${ends}"]
    restart: "no"
    volumes: ["shared:/shared"]
  web:
    image: ${BUSYBOX}
    command: [sh, -c, "test -e /shared/migrated || exit 4; sleep 1000"]
    stop_grace_period: 1s
    volumes: ["shared:/shared"]
    depends_on: { migrate: { condition: service_completed_successfully } }
volumes: { shared: {} }
`

describe('work that ends', () => {
  let engine: TestEngine
  let on: Deployments
  const ps = (app: string): Ps['replicas'] => (on.world.json('ps', '-p', app) as Ps).replicas // the shape of DESIGN section 9

  beforeAll(async () => {
    engine = await startEngine({ kind: 'debian' })
    await loadImage(engine.host, 'busybox')
    on = createDeployments(engine)
  })
  afterAll(async () => {
    await on?.world.end()
    await engine?.stop()
  })

  it('is run to its end before what waits for it starts, and not again when nothing changed', async () => {
    const services = behindJob('sleep 0.5; echo migrated; touch /shared/migrated')
    const deployed = on.deploy('jobs', services)
    expect(deployed.code, deployed.all).toBe(0)
    expect(on.world.run('logs', 'migrate', '-p', 'jobs').all.match(/migrated/g)).toHaveLength(1)
    expect(ps('jobs').filter((r) => r.service === 'web')).toMatchObject([{ phase: 'ready' }])
    const before = await on.containers('jobs')
    expect(on.deploy('jobs', services)).toMatchObject({ code: 0 })
    expect(await on.containers('jobs')).toEqual(before)
  })

  it('and fails keeps back what waits for it, with its last lines and exit 6; the mended one lets it go on', async () => {
    const failed = on.deploy('failing', behindJob('echo no such table; exit 9'))
    expect(failed.code, failed.all).toBe(6)
    expect(failed.all).toMatch(/migrate\.1 exited with 9/)
    expect(failed.all).toMatch(/│ no such table/)
    expect((await on.containers('failing')).filter((c) => c.service === 'web')).toEqual([])
    const mended = on.deploy('failing', behindJob('touch /shared/migrated'))
    expect(mended.code, mended.all).toBe(0)
  })

  it('by a schedule is accepted when the schedule can be read, and refused at its line when not', async () => {
    const nightly = (cron: string): string =>
      `services:\n  backup:\n    image: ${BUSYBOX}\n    command: ["true"]\n    x-stormport:\n      schedule: { cron: "${cron}", timezone: Europe/Berlin }\n`
    const refused = on.deploy('nightly', nightly('0 25 * * *'))
    expect(refused.code, refused.all).toBe(3)
    expect(refused.all).toMatch(/nightly\.yaml:7:\d+/)
    expect(await on.networks('nightly')).toEqual([])
    const accepted = on.deploy('nightly', nightly('0 3 * * *'))
    expect(accepted.code, accepted.all).toBe(0)
    expect(await on.containers('nightly')).toEqual([])
  })
})

describe('services that wait for each other', () => {
  let engine: TestEngine
  let on: Deployments

  beforeAll(async () => {
    engine = await startEngine({ kind: 'debian' })
    await loadImage(engine.host, 'busybox')
    on = createDeployments(engine)
  })
  afterAll(async () => {
    await on?.world.end()
    await engine?.stop()
  })

  const chain = (version: number): string =>
    ['db', 'api', 'web'].reduce(
      (text, name, at, all) => `${text}  ${name}:
    image: ${BUSYBOX}
    command: [sh, -c, "sleep 0.4; touch /tmp/up; sleep 1000"]
    environment: { VERSION: "${version}" }
    healthcheck: { test: [CMD, test, -e, /tmp/up], interval: 200ms, retries: 100 }
    stop_grace_period: 1s
    deploy: { replicas: 2, update_config: { monitor: 0s } }
${at === 0 ? '' : `    depends_on: { ${all[at - 1]}: { condition: service_healthy } }\n`}`,
      'services:\n',
    )
  const startedAt = async (service: string): Promise<readonly number[]> => {
    const mine = (await on.containers('chain')).filter((c) => c.service === service)
    const all = mine.map((c) => on.ask<{ State: { StartedAt: string } }>('GET', `/containers/${c.id}/json`))
    return (await Promise.all(all)).map((c) => Date.parse(c.State.StartedAt)).sort((a, b) => a - b)
  }

  it.each([1, 2])('start one after the other, at version %i, each behind a healthy one', async (version) => {
    const deployed = on.deploy('chain', chain(version))
    expect(deployed.code, deployed.all).toBe(0)
    const [db, api, web] = await Promise.all(['db', 'api', 'web'].map(startedAt))
    expect((await on.containers('chain')).map((c) => c.release)).toEqual(Array(6).fill(version))
    expect(api?.[0]).toBeGreaterThanOrEqual((db?.[0] ?? 0) + 400)
    expect(web?.[0]).toBeGreaterThanOrEqual((api?.[0] ?? 0) + 400)
  })
})
