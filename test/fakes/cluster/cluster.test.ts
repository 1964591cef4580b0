// What the fake cluster does on order: faults, defaults, rollouts step by step. Whoever tests against it relies on these.
import { afterEach, describe, expect, it } from 'vitest'
import type { NativeObject } from '../../../core/model/native-object.ts'
import type { Action } from '../../../core/model/plan.ts'
import type { TargetState } from '../../../core/model/replica.ts'
import { app, fleet, port, service } from '../../builders/app.ts'
import { createFakeProvider, type FakeCluster, fakeTarget, startFakeCluster } from './index.ts'

const open: FakeCluster[] = []
afterEach(async () => {
  for (const cluster of open.splice(0)) await cluster.close()
})

const start = async () => {
  const cluster = await startFakeCluster({ everyMs: null })
  open.push(cluster)
  const provider = createFakeProvider()
  const target = fakeTarget('east', cluster.url)
  const signal = AbortSignal.timeout(10_000)
  const render = (count: number, image = 'web:1'): readonly NativeObject[] => {
    const web = service('web', { ports: [port()] })
    const spec = { service: web, count, image, codeHash: null, restarts: 0, reach: {}, failureAction: 'pause' } as const
    return provider.render(target, {
      app: app([web]),
      fleet: fleet([target]),
      target,
      facts: provider.assumedFacts(target),
      release: 1,
      services: [spec],
    })
  }
  const apply = async (objects: readonly NativeObject[]): Promise<readonly boolean[]> => {
    const changed: boolean[] = []
    for (const object of objects)
      changed.push(
        (await provider.apply(target, creating(object), { app: 'shop', release: 1, signal, progress: () => {} }))
          .changed,
      )
    return changed
  }
  const observe = (): Promise<TargetState> => provider.observe(target, 'shop', signal)
  return { cluster, provider, target, render, apply, observe }
}

const creating = (object: NativeObject): Action => ({
  kind: 'create',
  target: 'east',
  id: object.id,
  objectKind: object.kind,
  name: object.name,
  service: object.service ?? null,
  scope: object.scope,
  stage: object.stage,
  because: 'test',
  consent: 'none',
  diff: [],
  object,
  live: null,
})

const settle = (cluster: FakeCluster): void => {
  for (let round = 0; round < 50 && cluster.controllers.step(); round += 1);
}

describe('the controllers of the fake cluster', () => {
  it('bring replicas up only when they are stepped, through every phase, without slots', async () => {
    const { cluster, apply, render, observe } = await start()
    await apply(render(1))
    expect((await observe()).replicas).toEqual([])
    const phases: string[] = []
    for (let round = 0; round < 6; round += 1) {
      cluster.controllers.step()
      phases.push((await observe()).replicas[0]?.phase ?? 'none')
    }
    expect(phases).toEqual(['pending', 'pulling', 'starting', 'running', 'ready', 'ready'])
    expect((await observe()).replicas[0]?.slot).toBeNull()
  })

  it('keep the old replicas until the new ones are ready', async () => {
    const { cluster, apply, render, observe } = await start()
    await apply(render(2))
    settle(cluster)
    await apply(render(2, 'web:2'))
    const readyCounts: number[] = []
    for (let round = 0; round < 10; round += 1) {
      cluster.controllers.step()
      readyCounts.push((await observe()).replicas.filter((r) => r.ready).length)
    }
    expect(Math.min(...readyCounts)).toBeGreaterThanOrEqual(2)
    expect((await observe()).replicas.map((r) => r.image)).toEqual(['web:2', 'web:2'])
  })
})

describe('the API server of the fake cluster', () => {
  it('fills in defaults that are neither drift nor a change', async () => {
    const { cluster, apply, render, observe } = await start()
    const objects = render(1)
    await apply(objects)
    expect(cluster.store.get('Deployment', 'east.shop', 'web')?.spec).toMatchObject({ revisionHistoryLimit: 10 })
    expect((await observe()).objects.flatMap((o) => o.drift)).toEqual([])
    expect(await apply(objects)).toEqual(objects.map(() => false))
  })

  it('answers with each fault as scripted, as often as scripted', async () => {
    const { cluster, provider, target, render, apply, observe } = await start()
    cluster.faults.plan({ fault: { kind: 'status', status: 429, retryAfterMs: 7 }, method: 'PATCH', times: 1 })
    await expect(apply(render(1))).rejects.toMatchObject({
      code: 'Throttled',
      details: { retry: 'later', retryAfterMs: 7 },
    })
    cluster.faults.plan({ fault: { kind: 'dropAfterCommit' }, method: 'PATCH', times: 1 })
    await expect(apply(render(1))).rejects.toMatchObject({ code: 'Unreachable' })
    expect(cluster.store.list('Deployment', 'east.shop')).toHaveLength(1)
    cluster.faults.plan({ fault: { kind: 'status', status: 403 }, path: '/Pod', times: 1 })
    await expect(observe()).rejects.toMatchObject({ code: 'Forbidden' })
    const restore = cluster.faults.plan({ fault: { kind: 'unreachable' } })
    expect(await observe()).toMatchObject({ reachable: false, complete: false, objects: [] })
    restore()
    cluster.faults.plan({ fault: { kind: 'slow', delayMs: 60_000 }, times: 1, path: '/version' })
    await expect(provider.observe(target, 'shop', AbortSignal.timeout(50))).rejects.toMatchObject({ code: 'Aborted' })
    expect((await observe()).reachable).toBe(true)
  })
})
