// What the engine explains of a live app, over two clusters that speak HTTP.
import { afterEach, describe, expect, it } from 'vitest'
import type { TargetEvent } from '../../core/model/target-event.ts'
import { app, port, service } from '../builders/app.ts'
import { createStand, request, type Stand, told } from './stand.ts'

const never = new AbortController().signal
const stands: Stand[] = []
const stand = async (...targets: readonly string[]): Promise<Stand> => {
  const fleet = { place: { strategy: 'spread', prefer: [], weights: {} } } as const
  const made = await createStand({ targets, fleet })
  stands.push(made)
  return made
}
afterEach(async () => {
  for (const s of stands.splice(0)) await s.close()
})

const subjectOf = (s: Stand) => ({ app: 'shop', fleet: s.fleet })
const deployed = async (s: Stand, image = 'web:1', replicas = 2): Promise<void> => {
  const wanted = app([service('web', { image, replicas })])
  await told(s.engine.deploy(s.project(wanted), request({ timeoutMs: 3_000, onFailure: 'keep' }), never))
}
const why = (s: Stand, name = 'web', targets: readonly string[] | null = null) =>
  s.engine.why(subjectOf(s), { name, targets }, never)
const everything = { targets: null, services: [], follow: false, sinceMs: null }

describe('why', () => {
  it('says of a healthy replica that it is ready, and what it went through', async () => {
    const s = await stand('east')
    await deployed(s)
    expect(await why(s)).toMatchObject({
      service: 'web',
      phase: 'ready',
      ready: true,
      refusals: [],
      next: ['stormport logs web -p shop'],
      lastLogs: [''],
    })
    expect((await why(s)).events.map((e) => e.reason)).toEqual(['Pulling', 'Starting', 'Running', 'Ready'])
  })

  it('names the scheduler of the target and our own reckoning for a replica that finds no node', async () => {
    const s = await stand('east')
    const requests = { cpuMillis: 64_000, memoryBytes: 2 ** 20 }
    const wanted = app([service('web', { image: 'unplaceable:1', requests })])
    await told(
      s.engine.deploy(s.project(wanted), request({ timeoutMs: 1_000, onFailure: 'keep', allowUnplaced: true }), never),
    )
    await deployed(s, 'unplaceable:1', 1)
    const found = await why(s)
    expect(found).toMatchObject({ phase: 'pending', target: 'east', ready: false })
    expect(found.refusals).toContainEqual({
      target: 'east',
      pool: null,
      node: null,
      reason: 'east says: the pod is now FailedScheduling',
      fix: 'stormport plan --why web',
    })
    expect(found.next[0]).toBe('stormport pool list --target east')
  })

  it('names the nodes that refuse a service without any replica', async () => {
    const s = await stand('east')
    const requests = { cpuMillis: 64_000, memoryBytes: 2 ** 20 }
    const wanted = app([service('web', { image: 'web:1' }), service('big', { requests })])
    const asked = request({ timeoutMs: 3_000, onFailure: 'keep', allowUnplaced: true })
    await told(s.engine.deploy(s.project(wanted), asked, never))
    const [refusal] = (await why(s, 'big')).refusals
    expect(refusal).toMatchObject({
      target: 'east',
      node: expect.stringMatching(/./),
      reason: expect.stringMatching(/^not enough CPU; needs 64 CPUs/),
      fix: expect.stringContaining('lower deploy.resources.reservations.cpus of big'),
    })
  })

  it('prefers the replica that fails, with its events and what to run', async () => {
    const s = await stand('east')
    await deployed(s)
    await deployed(s, 'crash:1')
    const found = await why(s)
    expect(found).toMatchObject({ phase: 'failed', ready: false })
    expect(found.events.map((e) => [e.severity, e.reason])).toContainEqual(['warning', 'CrashLoop'])
    expect(found.next).toContain('stormport rollback -p shop')
  })

  it('says which target does not answer and is owed its share', async () => {
    const s = await stand('east', 'west')
    await deployed(s)
    s.clusters['west']?.faults.plan({ fault: { kind: 'unreachable' } })
    expect((await why(s)).refusals).toMatchObject([
      { target: 'west', reason: expect.stringContaining('west is unreachable'), fix: 'stormport target check west' },
    ])
  })

  it('knows no replica of a name that nobody gave', async () => {
    const s = await stand('east')
    await deployed(s)
    await expect(why(s, 'wib')).rejects.toMatchObject({ code: 'NotFound' })
  })
})

describe('events', () => {
  it('come from all targets in the order of time, those of a dead one as a word about it', async () => {
    const s = await stand('east', 'west')
    await deployed(s)
    const seen = await Array.fromAsync(s.engine.events(subjectOf(s), everything, never))
    expect(new Set(seen.map((e) => e.target))).toEqual(new Set(['east', 'west']))
    expect(seen.map((e) => e.at)).toEqual(seen.map((e) => e.at).sort())
    s.clusters['west']?.faults.plan({ fault: { kind: 'unreachable' } })
    const [first, ...rest] = await Array.fromAsync(s.engine.events(subjectOf(s), everything, never))
    expect(first).toMatchObject({ target: 'west', reason: 'Unreachable', object: { kind: 'Target', name: 'west' } })
    expect(rest.every((e) => e.target === 'east')).toBe(true)
  })

  it('are told once when they are followed, and go on', async () => {
    const s = await stand('east', 'west')
    await deployed(s)
    const over = new AbortController()
    const seen: TargetEvent[] = []
    const before = (await Array.fromAsync(s.engine.events(subjectOf(s), everything, never))).length
    const following = (async () => {
      for await (const event of s.engine.events(subjectOf(s), { ...everything, follow: true }, over.signal)) {
        seen.push(event)
        if (seen.length === before) void deployed(s, 'web:1', 4)
        if (new Set(seen.map((e) => e.replica)).size === 4 && seen.at(-1)?.reason === 'Ready') over.abort()
      }
    })()
    await following.catch((error: unknown) => {
      if (!over.signal.aborted) throw error
    })
    const keys = seen.map((e) => JSON.stringify(e))
    expect(new Set(keys).size).toBe(keys.length)
  })
})

describe('drift', () => {
  it('is a field that somebody else changed, with who did it; a dead target is not called clean', async () => {
    const s = await stand('east', 'west')
    await deployed(s)
    expect(await s.engine.drift(subjectOf(s), null, never)).toEqual({ drift: [], unknown: [] })
    const store = s.clusters['east']?.store
    const live = store?.list('Deployment', null)[0]
    if (store === undefined || live === undefined) throw new Error('nothing was deployed')
    const { managers, spec } = live
    store.put({ ...live, spec: { ...spec, image: 'other:2' }, managers: { ...managers, image: 'kubectl-edit' } }, null)
    s.clusters['west']?.faults.plan({ fault: { kind: 'unreachable' } })
    expect(await s.engine.drift(subjectOf(s), null, never)).toEqual({
      drift: [
        {
          target: 'east',
          service: 'web',
          kind: 'Deployment',
          name: 'web',
          field: 'image',
          want: 'web:1',
          live: 'other:2',
          manager: 'kubectl-edit',
        },
      ],
      unknown: [{ target: 'west', because: expect.stringContaining('west') }],
    })
  })

  it('is an object of the release that is gone', async () => {
    const s = await stand('east')
    await told(s.engine.deploy(s.project(app([service('web', { ports: [port()] })])), request(), never))
    const door = s.clusters['east']?.store.list('Service', null)[0]
    s.clusters['east']?.store.delete('Service', door?.namespace ?? '', door?.name ?? '')
    const { drift } = await s.engine.drift(subjectOf(s), null, never)
    expect(drift).toMatchObject([{ kind: 'Service', name: 'web', field: '', want: 'present', live: 'absent' }])
  })
})

it('metrics stand beside what the release asks for, and only what is stated', async () => {
  const s = await stand('east')
  const stated = { cpu: true, memory: false }
  const limits = { cpuMillis: null, memoryBytes: 2 ** 28, pids: null }
  const requests = { cpuMillis: 250, memoryBytes: 2 ** 27 }
  await told(s.engine.deploy(s.project(app([service('web', { stated, limits, requests })])), request(), never))
  const { samples } = await s.engine.metrics(subjectOf(s), null, never)
  expect(samples).toMatchObject([
    {
      service: 'web',
      target: 'east',
      requests: { cpuMillis: 250, memoryBytes: null },
      limits: { cpuMillis: null, memoryBytes: 2 ** 28 },
    },
  ])
})

it('pools of a dead target are unknown, never none', async () => {
  const s = await stand('east', 'west')
  s.clusters['west']?.faults.plan({ fault: { kind: 'unreachable' } })
  const { targets } = await s.engine.pools(s.fleet, null, never)
  expect(targets).toMatchObject([
    { target: 'east', reachable: true, because: null, pools: [{ name: 'default', label: null }] },
    { target: 'west', reachable: false, because: expect.stringMatching(/./), pools: [] },
  ])
})
