// The engine over two clusters that speak HTTP: what a deploy writes, what it leaves alone, what it owes.
import { afterEach, describe, expect, it } from 'vitest'
import { Secret } from '../../core/model/secret.ts'
import { app, service } from '../builders/app.ts'
import { createStand, request, type Stand, type StandOptions, told } from './stand.ts'

const never = new AbortController().signal
const stands: Stand[] = []
const stand = async (options: StandOptions): Promise<Stand> => {
  const made = await createStand(options)
  stands.push(made)
  return made
}
afterEach(async () => {
  for (const s of stands.splice(0)) await s.close()
})

const shop = (replicas = 2, image = 'web:1') => app([service('web', { replicas, image })])
const writes = (s: Stand, name: string): number =>
  s.clusters[name]?.store.list('Deployment', null).reduce((n, d) => n + d.resourceVersion, 0) ?? 0

describe('deploying to several targets', () => {
  it('brings each target to its share and marks the release healthy', async () => {
    const s = await stand({
      targets: ['east', 'west'],
      fleet: { place: { strategy: 'spread', prefer: [], weights: {} } },
    })
    const { result } = await told(s.engine.deploy(s.project(shop()), request(), never))
    expect(result).toMatchObject({ ok: true, exitCode: 0 })
    const status = await s.engine.status({ app: 'shop', fleet: s.fleet }, null, never)
    expect(status).toMatchObject({ state: 'healthy', release: 1 })
    expect(status.targets.map((t) => t.services.map((x) => [x.name, x.desired, x.ready]))).toEqual([
      [['web', 1, 1]],
      [['web', 1, 1]],
    ])
  })

  it('does nothing the second time: no release, no write, no question', async () => {
    const s = await stand({ targets: ['east'] })
    await told(s.engine.deploy(s.project(shop()), request(), never))
    const before = writes(s, 'east')
    const asked = s.asked.length
    const { result } = await told(s.engine.deploy(s.project(shop()), request(), never))
    expect(result.summary.targets).toMatchObject([{ name: 'east', outcome: 'unchanged', release: 1 }])
    expect(writes(s, 'east')).toBe(before)
    expect(s.asked).toHaveLength(asked)
    expect((await s.engine.releases({ app: 'shop', fleet: s.fleet }, null, never)).releases).toHaveLength(1)
  })

  it('owes what an unreachable target should have and completes it with the next deploy, as the same release', async () => {
    const s = await stand({
      targets: ['east', 'west'],
      fleet: { place: { strategy: 'spread', prefer: [], weights: {} } },
    })
    await told(s.engine.deploy(s.project(shop()), request(), never))
    const heal = s.clusters['west']?.faults.plan({ fault: { kind: 'unreachable' } })
    const owed = await told(s.engine.deploy(s.project(shop(2, 'web:2')), request(), never))
    expect(owed.result.exitCode).toBe(7)
    expect(owed.result.summary.targets).toMatchObject([
      { name: 'east', outcome: 'done', release: 2 },
      { name: 'west', outcome: 'owed' },
    ])
    heal?.()
    const done = await told(s.engine.deploy(s.project(shop(2, 'web:2')), request(), never))
    expect(done.result.exitCode).toBe(0)
    const status = await s.engine.status({ app: 'shop', fleet: s.fleet }, null, never)
    expect(status.targets.map((t) => t.release)).toEqual([2, 2])
  })

  it('changes nothing when the answer is no', async () => {
    const s = await stand({ targets: ['east'], answer: false })
    const { result } = await told(s.engine.deploy(s.project(shop()), request(), never))
    expect(result.exitCode).toBe(10)
    expect(s.clusters['east']?.store.list('Deployment', null)).toEqual([])
  })

  it('shows what answers beside a target that does not, and names that one', async () => {
    const s = await stand({
      targets: ['east', 'west'],
      fleet: { place: { strategy: 'spread', prefer: [], weights: {} } },
    })
    await told(s.engine.deploy(s.project(shop()), request(), never))
    s.clusters['west']?.faults.plan({ fault: { kind: 'unreachable' } })
    const subject = await s.engine.find('shop', s.fleet, never)
    const status = await s.engine.status(subject, null, never)
    expect(status.targets.map((t) => [t.name, t.state, t.owed])).toEqual([
      ['east', 'healthy', false],
      ['west', 'unreachable', true],
    ])
    const ps = await s.engine.replicas(subject, null, never)
    expect(ps).toMatchObject({ replicas: [{ target: 'east' }], unreachable: ['west'] })
    expect(await s.engine.releases(subject, null, never)).toMatchObject({ releases: [{}], unreachable: ['west'] })
    expect(await s.engine.apps(s.fleet, never)).toMatchObject({ apps: [{ name: 'shop' }], unreachable: ['west'] })
    const destroyed = await told(s.engine.destroy(subject, { ...request(), volumes: false }, never))
    expect(destroyed.result).toMatchObject({
      exitCode: 7,
      summary: {
        targets: [
          { name: 'east', outcome: 'done' },
          { name: 'west', outcome: 'unreachable' },
        ],
      },
    })
  })

  it('owes a target also its first share, and says so until it has it', async () => {
    const s = await stand({
      targets: ['east', 'west'],
      fleet: { place: { strategy: 'spread', prefer: [], weights: {} } },
    })
    const heal = s.clusters['west']?.faults.plan({ fault: { kind: 'unreachable' } })
    expect((await told(s.engine.deploy(s.project(shop()), request(), never))).result.exitCode).toBe(7)
    const owed = async (): Promise<readonly boolean[]> =>
      (await s.engine.status(await s.engine.find('shop', s.fleet, never), null, never)).targets.map((t) => t.owed)
    expect(await owed()).toEqual([false, true])
    heal?.()
    expect((await told(s.engine.deploy(s.project(shop()), request({ rebalance: true }), never))).result.exitCode).toBe(
      0,
    )
    expect(await owed()).toEqual([false, false])
  })

  it('refuses a fleet that has lost a target until the app is gone from there', async () => {
    const s = await stand({
      targets: ['east', 'west'],
      fleet: { place: { strategy: 'spread', prefer: [], weights: {} } },
    })
    await told(s.engine.deploy(s.project(shop()), request(), never))
    const less = { ...s.fleet, targets: s.fleet.targets.filter((t) => t.name === 'east') }
    const refused = await told(s.engine.deploy(s.project(shop(), { fleet: less }), request(), never))
    expect(refused.result.exitCode).toBe(9)
    expect(refused.events.map((e) => e.code)).toContain('SP3112')
    const subject = await s.engine.withLost(await s.engine.find('shop', less, never), never)
    expect(subject.fleet.targets.map((t) => t.name)).toEqual(['east', 'west'])
    await told(s.engine.destroy(subject, { ...request(), targets: ['west'], volumes: false }, never))
    const done = await told(s.engine.deploy(s.project(shop(), { fleet: less }), request(), never))
    expect(done.result.exitCode).toBe(0)
    expect((await s.engine.replicas({ app: 'shop', fleet: less }, null, never)).replicas).toHaveLength(2)
  })

  it('refuses to build what a target would have to pull, before anything is touched', async () => {
    const s = await stand({ targets: ['east'] })
    const built = app([{ ...service('web'), build: { spec: {}, args: {} } }])
    const { result, events } = await told(s.engine.deploy(s.project(built), request(), never))
    expect(result.exitCode).toBe(3)
    expect(events.map((e) => e.message).join()).toMatch(/web is built from source and could run on east/)
  })

  it('ends with 7 when no target answers', async () => {
    const s = await stand({ targets: ['east'] })
    s.clusters['east']?.faults.plan({ fault: { kind: 'unreachable' } })
    const { result } = await told(s.engine.deploy(s.project(shop()), request(), never))
    expect(result.exitCode).toBe(7)
  })

  it('ends with 4 when the target refuses us', async () => {
    const s = await stand({ targets: ['east'] })
    s.clusters['east']?.faults.plan({ fault: { kind: 'status', status: 401 } })
    const { result } = await told(s.engine.deploy(s.project(shop()), request(), never))
    expect(result.exitCode).toBe(4)
  })

  it('waits for the lock of another command and then finds nothing left to do', async () => {
    const s = await stand({ targets: ['east'] })
    const both = await Promise.all([
      told(s.engine.deploy(s.project(shop()), request({ lockWaitMs: 15_000 }), never)),
      told(s.engine.deploy(s.project(shop()), request({ lockWaitMs: 15_000 }), never)),
    ])
    expect(both.map((b) => b.result.exitCode)).toEqual([0, 0])
    expect((await s.engine.releases({ app: 'shop', fleet: s.fleet }, null, never)).releases).toHaveLength(1)
  })
})

describe('changes without files', () => {
  it('scales by hand until the next deploy, and says so in the plan', async () => {
    const s = await stand({ targets: ['east'] })
    const subject = { app: 'shop', fleet: s.fleet }
    await told(s.engine.deploy(s.project(shop()), request(), never))
    const scaled = await told(s.engine.scale(subject, { ...request(), counts: { web: 3 }, wait: true }, never))
    expect(scaled.result.exitCode).toBe(0)
    expect((await s.engine.replicas(subject, null, never)).replicas).toHaveLength(3)
    const { plan } = await s.engine.plan(s.project(shop()), request(), never)
    expect(plan.diagnostics.map((d) => d.code)).toContain('SP3121')
    expect(plan.summary.scale).toBe(1)
  })

  it('restarts every replica of the named service without a release', async () => {
    const s = await stand({ targets: ['east'] })
    const subject = { app: 'shop', fleet: s.fleet }
    await told(s.engine.deploy(s.project(shop()), request(), never))
    const before = (await s.engine.replicas(subject, null, never)).replicas.map((r) => r.id)
    const restarted = await told(s.engine.restart(subject, { ...request(), services: ['web'], wait: true }, never))
    expect(restarted.result.exitCode).toBe(0)
    const after = (await s.engine.replicas(subject, null, never)).replicas
    expect(after.filter((r) => before.includes(r.id) && r.phase !== 'stopping')).toEqual([])
    expect((await s.engine.releases(subject, null, never)).releases).toHaveLength(1)
  })

  it('rolls back to the healthy release before, as a new one that names its origin', async () => {
    const s = await stand({ targets: ['east'] })
    const subject = { app: 'shop', fleet: s.fleet }
    await told(s.engine.deploy(s.project(shop()), request(), never))
    await told(s.engine.deploy(s.project(shop(2, 'web:2')), request(), never))
    const back = await told(s.engine.rollback(subject, { ...request(), release: null, message: null }, never))
    expect(back.result.exitCode).toBe(0)
    expect((await s.engine.releases(subject, null, never)).releases.at(-1)).toMatchObject({ number: 3, from: 1 })
    expect((await s.engine.replicas(subject, null, never)).replicas.every((r) => r.image === 'web:1')).toBe(true)
  })

  it('goes back on every target with the secrets that each knows under its own key, also after a bad release', async () => {
    const s = await stand({
      targets: ['east', 'west'],
      fleet: { place: { strategy: 'spread', prefer: [], weights: {} } },
    })
    const subject = { app: 'shop', fleet: s.fleet }
    const token = (value: string) => ({ TOKEN: new Secret('web.environment.TOKEN', value) })
    const version = (value: string, image = 'web:1') =>
      s.project(app([service('web', { replicas: 2, image, environment: token(value) })]))
    await told(s.engine.deploy(version('one'), request(), never))
    await told(s.engine.deploy(version('two'), request(), never))
    const bad = await told(s.engine.deploy(version('three', 'crash:2'), request(), never))
    expect(bad.result.summary.targets.map((t) => [t.outcome, t.release])).toEqual([
      ['rolledBack', 2],
      ['rolledBack', 2],
    ])
    const scaled = await told(s.engine.scale(subject, { ...request(), counts: { web: 4 }, wait: true }, never))
    expect(scaled.result.exitCode, JSON.stringify(scaled.result)).toBe(0)
    const back = await told(s.engine.rollback(subject, { ...request(), release: null, message: null }, never))
    expect(back.result, JSON.stringify(back.events.slice(-4))).toMatchObject({ exitCode: 0 })
    expect((await s.engine.releases(subject, null, never)).releases.at(-1)).toMatchObject({ number: 4, from: 1 })
  })

  it('goes back to an old release with the secrets of now, where its own are forgotten', async () => {
    const s = await stand({ targets: ['east'] })
    const subject = { app: 'shop', fleet: s.fleet }
    for (const n of [1, 2, 3, 4]) {
      const environment = { TOKEN: new Secret('web.environment.TOKEN', `value ${n}`) }
      const version = app([service('web', { replicas: 1, image: `web:${n}`, environment })])
      expect((await told(s.engine.deploy(s.project(version), request(), never))).result.exitCode).toBe(0)
    }
    const back = await told(s.engine.rollback(subject, { ...request(), release: 1, message: null }, never))
    expect(back.result, JSON.stringify(back.events.slice(-4))).toMatchObject({ exitCode: 0 })
    expect((await s.engine.replicas(subject, null, never)).replicas.map((r) => r.image)).toContain('web:1')
  })

  it('refuses to roll back where there is nothing to go back to', async () => {
    const s = await stand({ targets: ['east'] })
    await told(s.engine.deploy(s.project(shop()), request(), never))
    const back = await told(
      s.engine.rollback({ app: 'shop', fleet: s.fleet }, { ...request(), release: null, message: null }, never),
    )
    expect(back.result.exitCode).toBe(3)
  })

  it('destroys every object and record; the second time there is nothing to do', async () => {
    const s = await stand({
      targets: ['east', 'west'],
      fleet: { place: { strategy: 'spread', prefer: [], weights: {} } },
    })
    const subject = { app: 'shop', fleet: s.fleet }
    await told(s.engine.deploy(s.project(shop()), request(), never))
    for (const run of [1, 2]) {
      const { result } = await told(s.engine.destroy(subject, { ...request(), volumes: true }, never))
      expect([run, result.exitCode]).toEqual([run, 0])
    }
    expect(await s.engine.status(subject, null, never)).toMatchObject({ state: 'absent', release: null })
    expect((await s.engine.apps(s.fleet, never)).apps).toEqual([])
  })
})

describe('a release that does not get healthy', () => {
  const spread = { place: { strategy: 'spread', prefer: [], weights: {} } } as const

  it('is taken back where a healthy one was before, with the reason and the last lines said', async () => {
    const s = await stand({ targets: ['east'] })
    await told(s.engine.deploy(s.project(shop()), request(), never))
    const bad = await told(s.engine.deploy(s.project(shop(2, 'crash:2')), request(), never))
    expect(bad.result).toMatchObject({ exitCode: 6, summary: { targets: [{ outcome: 'rolledBack', release: 1 }] } })
    expect(bad.events.filter((e) => e.type === 'log').map((e) => e.message)).toEqual(['boom'])
    const subject = { app: 'shop', fleet: s.fleet }
    expect(await s.engine.status(subject, null, never)).toMatchObject({ state: 'healthy', release: 1 })
    expect((await s.engine.releases(subject, null, never)).releases.map((r) => [r.number, r.healthy])).toEqual([
      [1, true],
      [2, false],
    ])
  })

  it('stays for inspection when it is the first, or when --on-failure keep asks for it', async () => {
    const s = await stand({ targets: ['east'] })
    const first = await told(s.engine.deploy(s.project(shop(2, 'crash:1')), request(), never))
    expect(first.result).toMatchObject({ exitCode: 6, summary: { targets: [{ outcome: 'failed' }] } })
    await told(s.engine.deploy(s.project(shop()), request(), never))
    const kept = await told(s.engine.deploy(s.project(shop(2, 'crash:2')), request({ onFailure: 'keep' }), never))
    expect(kept.result.summary.targets).toMatchObject([{ outcome: 'failed', release: 3 }])
  })

  it('takes the other targets back too when the rollout says all', async () => {
    const s = await stand({
      targets: ['east', 'west'],
      fleet: { ...spread, rollout: { order: 'parallel', onFailure: 'all' } },
    })
    await told(s.engine.deploy(s.project(shop()), request(), never))
    const bad = await told(s.engine.deploy(s.project(shop(2, 'crash:2')), request(), never))
    expect(bad.result.summary.targets.map((t) => t.outcome)).toEqual(['rolledBack', 'rolledBack'])
  })

  it('stops before the next target when targets follow one another', async () => {
    const s = await stand({
      targets: ['east', 'west'],
      fleet: { ...spread, rollout: { order: 'sequential', onFailure: 'pause' } },
    })
    const bad = await told(s.engine.deploy(s.project(shop(2, 'crash:2')), request(), never))
    expect(bad.result.summary.targets.map((t) => [t.name, t.outcome])).toEqual([
      ['east', 'failed'],
      ['west', 'skipped'],
    ])
    expect(s.clusters['west']?.store.list('Deployment', null)).toEqual([])
  })
})

describe('a saved plan', () => {
  it('is deployed exactly, or not at all', async () => {
    const s = await stand({ targets: ['east'] })
    const { saved } = await s.engine.plan(s.project(shop()), request(), never)
    await told(s.engine.deploy(s.project(shop(3)), request(), never))
    const stale = await told(s.engine.deploy(s.project(shop()), request({ savedPlan: saved }), never))
    expect(stale.result.exitCode).toBe(9)
    expect(stale.events.some((e) => e.code === 'SP3105')).toBe(true)
  })
})

describe('another checkout', () => {
  it('cannot take an app over by accident', async () => {
    const s = await stand({ targets: ['east'] })
    await told(s.engine.deploy(s.project(shop()), request(), never))
    const other = s.project(shop(4), { origin: 'another checkout' })
    expect((await told(s.engine.deploy(other, request(), never))).result.exitCode).toBe(9)
    expect((await told(s.engine.deploy(other, request({ allow: ['override'] }), never))).result.exitCode).toBe(0)
  })
})
