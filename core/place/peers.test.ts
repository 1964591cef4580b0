import { describe, expect, it } from 'vitest'
import { roomFor, samplePlaceInput, samplePlaceTarget, sampleService } from '../../test/builders/place.ts'
import { placeApp } from './place.ts'
import type { PlaceInput } from './types.ts'

const counts = (input: PlaceInput) => placeApp(input).counts
const codes = (input: PlaceInput) => placeApp(input).diagnostics.map((d) => d.code)
const [a, b, _c] = ['a', 'b', 'c'].map((name) => samplePlaceTarget(name)) as [
  ReturnType<typeof samplePlaceTarget>,
  ReturnType<typeof samplePlaceTarget>,
  ReturnType<typeof samplePlaceTarget>,
]
const full = (name: string, room: number, over = {}) => samplePlaceTarget(name, { capacity: roomFor(room), ...over })

describe('peers', () => {
  const db = sampleService('db', { volumes: ['data'] })

  it('moves the app as a whole to the first target where all of it fits', () => {
    const web = sampleService('web', { replicas: 4, needs: ['db'] })
    expect(counts(samplePlaceInput([web, db], [full('a', 4), full('b', 5)]))).toEqual({ web: { b: 4 }, db: { b: 1 } })
  })

  it('names the missing peer and where it runs', () => {
    const web = sampleService('web', { needs: ['db'], extension: { targets: [{ name: 'b' }] } })
    const pinned = sampleService('db', { extension: { targets: [{ name: 'a' }] } })
    const { unplaceable } = placeApp(samplePlaceInput([web, pinned], [a, b]))
    expect(unplaceable[0]?.code).toBe('SP2203')
    expect(unplaceable[0]?.refusals).toContainEqual({
      target: 'b',
      reason: 'web on b needs db, which runs only on a',
      count: 1,
      example: '',
    })
    expect(unplaceable[0]?.hint).toContain('x-stormport.reach: { db:')
  })

  it('lets reach stand in for a peer, and says where the name resolves', () => {
    const web = sampleService('web', {
      replicas: 2,
      needs: ['db'],
      place: { strategy: 'spread' },
      extension: { reach: { db: 'db.internal:5432' } },
    })
    const result = placeApp(samplePlaceInput([web, db], [a, b]))
    expect(result.counts).toEqual({ web: { a: 1, b: 1 }, db: { a: 1 } })
    expect(result.reach).toEqual({ web: { b: { db: 'db.internal:5432' } } })
  })

  it.each([
    ['links', { links: { database: 'db' } }],
    ['place.with', { place: { with: ['db'] } }],
    ['a host in the environment', { mentions: ['db'] }],
  ])('follows %s', (_, over) => {
    const pinned = sampleService('db', { extension: { targets: [{ name: 'b' }] } })
    const input = samplePlaceInput([sampleService('web', over), pinned], [a, b])
    expect(counts(input)).toEqual({ web: { b: 1 }, db: { b: 1 } })
    expect(codes(input).includes('SP2004')).toBe('mentions' in over)
  })

  it('does not follow optional dependencies, the default network or one-shots', () => {
    const web = sampleService('web', {
      dependsOn: [
        { service: 'cache', condition: 'service_started', required: false, restart: false },
        { service: 'migrate', condition: 'service_completed_successfully', required: true, restart: false },
      ],
    })
    const cache = sampleService('cache', { extension: { targets: [{ name: 'b' }] } })
    const migrate = sampleService('migrate', { kind: 'job', extension: { targets: [{ name: 'b' }] } })
    expect(counts(samplePlaceInput([web, cache, migrate], [a, b]))).toEqual({
      web: { a: 1 },
      cache: { b: 1 },
      migrate: { b: 1 },
    })
  })

  it('keeps the members of a declared network on the same targets', () => {
    const networks = ['backend']
    const api = sampleService('api', { replicas: 3, networks, place: { strategy: 'spread' } })
    const queue = sampleService('queue', { replicas: 1, networks })
    expect(counts(samplePlaceInput([api, queue], [a, b]))).toEqual({ api: { a: 3 }, queue: { a: 1 } })
    const pinned = sampleService('queue', { networks, extension: { targets: [{ name: 'b' }] } })
    expect(counts(samplePlaceInput([api, pinned], [a, b]))).toEqual({ api: { b: 3 }, queue: { b: 1 } })
  })

  it('takes a unit back as a whole when one member fits nowhere', () => {
    const networks = ['backend']
    const api = sampleService('api', { networks })
    const big = sampleService('big', { networks, requests: { cpuMillis: 9000, memoryBytes: 0 } })
    const { counts: placed, unplaceable } = placeApp(samplePlaceInput([api, big], [full('a', 9), full('b', 9)]))
    expect(placed).toEqual({ api: {}, big: {} })
    expect(unplaceable.map((u) => [u.service, u.code])).toEqual([
      ['api', 'SP2203'],
      ['big', 'SP2001'],
    ])
    expect(unplaceable[0]?.refusals[0]?.reason).toBe('api on a needs big, which runs nowhere')
    expect(unplaceable[1]?.refusals[0]?.reason).toBe('not enough CPU; needs 9 CPUs')
  })

  it('does not hold a service back for a peer that was scaled to nothing', () => {
    const web = sampleService('web', { needs: ['db'] })
    expect(counts(samplePlaceInput([web, sampleService('db')], [a], { scaled: { db: 0 } }))).toEqual({
      web: { a: 1 },
      db: {},
    })
  })
})
