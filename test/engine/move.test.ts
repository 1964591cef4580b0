// A service that moves between two clusters over HTTP: users are served all the way, and what must not run twice never does.
import { afterEach, describe, expect, it } from 'vitest'
import type { Service } from '../../core/model/app.ts'
import type { Fleet } from '../../core/model/fleet.ts'
import { app, extension, service } from '../builders/app.ts'
import { createStand, request, type Stand, told } from './stand.ts'

const never = new AbortController().signal
const stands: Stand[] = []
afterEach(async () => {
  for (const s of stands.splice(0)) await s.close()
})

const standWith = async (order: Fleet['rollout']['order']): Promise<Stand> => {
  const made = await createStand({ targets: ['east', 'west'], fleet: { rollout: { order, onFailure: 'failed' } } })
  stands.push(made)
  return made
}

const webOn = (name: string, over: Partial<Service['extension']> = {}, replicas = 3) =>
  app([service('web', { replicas, extension: extension({ targets: [{ name }], ...over }) })])

const readyOn = (s: Stand, name: string): number =>
  s.clusters[name]?.store.list('Pod', null).filter((p) => p.status['ready'] === true).length ?? 0

/** Ready pods of both clusters, looked at whenever anything changes on either. */
const watchCounts = (s: Stand): readonly (readonly [east: number, west: number])[] => {
  const seen: (readonly [number, number])[] = []
  for (const cluster of Object.values(s.clusters))
    cluster.store.subscribe(() => void seen.push([readyOn(s, 'east'), readyOn(s, 'west')]))
  return seen
}

describe.each(['parallel', 'sequential', [['west'], ['east']]] as const)('a move with rollout order %j', (order) => {
  it('makes before it breaks', async () => {
    const s = await standWith(order)
    await told(s.engine.deploy(s.project(webOn('east')), request(), never))
    const seen = watchCounts(s)
    const { result } = await told(s.engine.deploy(s.project(webOn('west')), request({ allow: ['apply'] }), never))
    expect(result).toMatchObject({ ok: true, exitCode: 0 })
    expect(Math.min(...seen.map(([east, west]) => east + west))).toBeGreaterThanOrEqual(3)
    expect([readyOn(s, 'east'), readyOn(s, 'west')]).toEqual([0, 3])
  })

  it('breaks before it makes where a service must never run twice', async () => {
    const s = await standWith(order)
    await told(s.engine.deploy(s.project(webOn('east', { singleton: true }, 1)), request(), never))
    const seen = watchCounts(s)
    const { result } = await told(s.engine.deploy(s.project(webOn('west', { singleton: true }, 1)), request(), never))
    expect(result).toMatchObject({ ok: true, exitCode: 0 })
    expect(seen.filter(([east, west]) => east > 0 && west > 0)).toEqual([])
    expect([readyOn(s, 'east'), readyOn(s, 'west')]).toEqual([0, 1])
  })
})
