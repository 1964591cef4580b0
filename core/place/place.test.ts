import { describe, expect, it } from 'vitest'
import { fleet as sampleFleet, target as sampleTarget } from '../../test/builders/app.ts'
import { roomFor, samplePlaceInput, samplePlaceTarget, sampleService, sampleVolume } from '../../test/builders/place.ts'
import { placeApp } from './place.ts'
import type { PlaceInput } from './types.ts'

const counts = (input: PlaceInput) => placeApp(input).counts
const codes = (input: PlaceInput) => placeApp(input).diagnostics.map((d) => d.code)
const [a, b, c] = ['a', 'b', 'c'].map((name) => samplePlaceTarget(name)) as [
  ReturnType<typeof samplePlaceTarget>,
  ReturnType<typeof samplePlaceTarget>,
  ReturnType<typeof samplePlaceTarget>,
]
const full = (name: string, room: number, over = {}) => samplePlaceTarget(name, { capacity: roomFor(room), ...over })

describe('strategies', () => {
  const web = sampleService('web', { replicas: 5 })

  it('ordered fills targets in the order of the file, and overflows to the next', () => {
    const input = samplePlaceInput([web], [full('a', 3), full('b', 9)])
    expect(counts(input)).toEqual({ web: { a: 3, b: 2 } })
    expect(placeApp(input).placements.map((p) => [p.target, p.because])).toEqual([
      ['a', 'the first target in order with room'],
      ['b', 'a has no more room; the next in order'],
    ])
  })

  it('ordered follows prefer before the order of the file', () => {
    const fleet = sampleFleet([sampleTarget('a'), sampleTarget('b')], {
      place: { strategy: 'ordered', prefer: ['b'], weights: {} },
    })
    expect(counts(samplePlaceInput([web], [a, b], { fleet }))).toEqual({ web: { b: 5 } })
  })

  it('spread is even, the remainder by target name', () => {
    const fleet = sampleFleet([], { place: { strategy: 'spread', prefer: [], weights: {} } })
    expect(counts(samplePlaceInput([web], [c, a, b], { fleet }))).toEqual({ web: { a: 2, b: 2, c: 1 } })
    expect(counts(samplePlaceInput([web], [full('a', 1), b, c], { fleet }))).toEqual({ web: { a: 1, b: 2, c: 2 } })
  })

  it('weighted shares by weight; weight 0 gets nothing', () => {
    const weighted = sampleService('web', { replicas: 8, place: { strategy: 'weighted', weights: { a: 3, b: 1 } } })
    expect(counts(samplePlaceInput([weighted], [a, b, c]))).toEqual({ web: { a: 6, b: 2 } })
  })

  it('cheapest takes the lowest price first and says where none is known', () => {
    const fleet = sampleFleet(
      [
        sampleTarget('a', { prices: { cpuHour: 2, memoryGiBHour: 0, gpuHour: {} } }),
        sampleTarget('b', { prices: { cpuHour: 1, memoryGiBHour: 0, gpuHour: {} } }),
        sampleTarget('c'),
      ],
      { place: { strategy: 'cheapest', prefer: [], weights: {} } },
    )
    const input = samplePlaceInput([web], [a, full('b', 2), c], { fleet })
    expect(counts(input)).toEqual({ web: { a: 3, b: 2 } })
    expect(codes(input)).toContain('SP2006')
  })

  it('minPerTarget puts replicas on every allowed target first', () => {
    const min = sampleService('web', { replicas: 4, place: { minPerTarget: 1 } })
    expect(counts(samplePlaceInput([min], [a, b, c]))).toEqual({ web: { a: 2, b: 1, c: 1 } })
    const running = [samplePlaceTarget('a', { current: { web: 4 } }), b, c]
    expect(counts(samplePlaceInput([min], running))).toEqual({ web: { a: 2, b: 1, c: 1 } })
  })

  it('refuses minPerTarget times targets above the replicas', () => {
    const min = sampleService('web', { replicas: 2, place: { minPerTarget: 1 } })
    const found = placeApp(samplePlaceInput([min], [a, b, c])).diagnostics.find((d) => d.code === 'SP2005')
    expect(found?.severity).toBe('error')
    expect(found?.message).toContain('needs 3 replicas, but only 2 are wanted')
  })
})

describe('allowed targets', () => {
  it('keeps to names and sites', () => {
    const fleet = sampleFleet([
      sampleTarget('a'),
      sampleTarget('b', { site: 'onprem' }),
      sampleTarget('c', { site: 'onprem' }),
    ])
    const bySite = sampleService('web', { extension: { targets: [{ site: 'onprem' }] } })
    expect(counts(samplePlaceInput([bySite], [a, b, c], { fleet }))).toEqual({ web: { b: 1 } })
    const byName = sampleService('web', { extension: { targets: [{ name: 'c' }] } })
    expect(counts(samplePlaceInput([byName], [a, b, c], { fleet }))).toEqual({ web: { c: 1 } })
  })

  it('passes on what the target itself refuses, with its code', () => {
    const refusing = samplePlaceTarget('a', {
      refuses: { web: { code: 'SP4001', reason: 'no engine answers', hint: 'Start an engine.' } },
    })
    const { unplaceable } = placeApp(samplePlaceInput([sampleService('web', { replicas: 2 })], [refusing]))
    expect(unplaceable).toEqual([
      {
        service: 'web',
        count: 2,
        code: 'SP4001',
        hint: 'Start an engine.',
        refusals: [{ target: 'a', reason: 'no engine answers', count: 1, example: '' }],
      },
    ])
  })

  it('gives sealed targets nothing and moves their replicas', () => {
    const running = samplePlaceTarget('a', { current: { web: 3 } })
    const input = samplePlaceInput([sampleService('web', { replicas: 3 })], [running, b], {
      assignment: { epoch: 1, sealed: ['a'] },
    })
    expect(counts(input)).toEqual({ web: { b: 3 } })
  })
})

describe('services that live on one target', () => {
  it('stay where their volume is', () => {
    const db = sampleService('db', { volumes: ['data'] })
    const result = placeApp(samplePlaceInput([db], [a, samplePlaceTarget('b', { volumes: ['data'] })]))
    expect(result.counts).toEqual({ db: { b: 1 } })
    expect(result.placements[0]?.because).toBe('its volume data is there')
  })

  it('are never started on an empty volume elsewhere', () => {
    const db = sampleService('db', { volumes: ['data'] })
    const input = samplePlaceInput([db], [samplePlaceTarget('a', { volumes: ['data'], current: { db: 1 } }), b], {
      assignment: { epoch: 1, sealed: ['a'] },
    })
    const { counts: placed, unplaceable } = placeApp(input)
    expect(placed).toEqual({ db: {} })
    expect(unplaceable[0]?.refusals.map((r) => r.reason)).toEqual(
      ['failover has taken it out of service', 'its volume data is on a'].sort(),
    )
  })

  it('share a target with others that mount the same volume', () => {
    const db = sampleService('db', { volumes: ['data'] })
    const backup = sampleService('backup', { volumes: ['data'] })
    expect(counts(samplePlaceInput([backup, db], [full('a', 1), full('b', 2)]))).toEqual({
      backup: { b: 1 },
      db: { b: 1 },
    })
  })

  it('may run anywhere with an external volume', () => {
    const web = sampleService('web', { replicas: 2, volumes: ['media'], place: { strategy: 'spread' } })
    const input = samplePlaceInput([web], [a, b])
    expect(counts({ ...input, app: { ...input.app, volumes: [sampleVolume('media', true)] } })).toEqual({
      web: { a: 1, b: 1 },
    })
  })

  it('warn when their volume exists twice', () => {
    const db = sampleService('db', { volumes: ['data'] })
    const input = samplePlaceInput(
      [db],
      [
        samplePlaceTarget('a', { volumes: ['data'] }),
        samplePlaceTarget('b', { volumes: ['data'], current: { db: 1 } }),
      ],
    )
    expect(counts(input)).toEqual({ db: { b: 1 } })
    expect(codes(input)).toContain('SP2010')
  })
})

describe('on every target', () => {
  it('place.each follows the services that need it', () => {
    const cache = sampleService('cache', { place: { each: 2 } })
    const web = sampleService('web', {
      replicas: 2,
      needs: ['cache'],
      place: { strategy: 'spread' },
      extension: { targets: [{ name: 'a' }, { name: 'b' }] },
    })
    expect(counts(samplePlaceInput([web, cache], [a, b, c]))).toEqual({ web: { a: 1, b: 1 }, cache: { a: 2, b: 2 } })
    expect(counts(samplePlaceInput([sampleService('web', { needs: ['cache'] }), cache], [a, b]))).toEqual({
      web: { a: 1 },
      cache: { a: 2 },
    })
  })

  it('place.each runs beside what it needs when nothing needs it', () => {
    const proxy = sampleService('proxy', { needs: ['web'], place: { each: 1 } })
    const web = sampleService('web', {
      replicas: 2,
      place: { strategy: 'spread' },
      extension: { targets: [{ name: 'a' }, { name: 'b' }] },
    })
    expect(counts(samplePlaceInput([web, proxy], [a, b, c])).proxy).toEqual({ a: 1, b: 1 })
  })

  it('place.each with a named volume has separate data', () => {
    const cache = sampleService('cache', { place: { each: 1 }, volumes: ['cache'] })
    const input = samplePlaceInput([cache], [a, b])
    expect(counts(input)).toEqual({ cache: { a: 1, b: 1 } })
    expect(codes(input)).toContain('SP2009')
  })

  it('global runs once per eligible node, and once with a note where nodes are unknown', () => {
    const agent = sampleService('agent', { mode: 'global' })
    const known = roomFor(4)
    const nodes =
      known.kind === 'known'
        ? [
            ...known.nodes,
            ...known.nodes.map((n) => ({ ...n, name: 'n2' })),
            ...known.nodes.map((n) => ({ ...n, name: 'n3', cordoned: true })),
          ]
        : []
    const input = samplePlaceInput([agent], [samplePlaceTarget('a', { capacity: { kind: 'known', nodes } }), b])
    expect(counts(input)).toEqual({ agent: { a: 2, b: 1 } })
    expect(codes(input)).toContain('SP2007')
  })

  it('a job runs once, beside those that wait for it, or on each of their targets', () => {
    const wait = (service: string) => ({
      service,
      condition: 'service_completed_successfully' as const,
      required: true,
      restart: false,
    })
    const web = sampleService('web', {
      replicas: 2,
      dependsOn: [wait('migrate')],
      place: { strategy: 'spread' },
      extension: { targets: [{ name: 'b' }, { name: 'c' }] },
    })
    const job = (targets: 'one' | 'each') =>
      sampleService('migrate', { kind: 'job', extension: { job: { run: 'onChange', targets } } })
    expect(counts(samplePlaceInput([job('one'), web], [a, b, c])).migrate).toEqual({ b: 1 })
    expect(counts(samplePlaceInput([job('each'), web], [a, b, c])).migrate).toEqual({ b: 1, c: 1 })
    expect(counts(samplePlaceInput([sampleService('nightly', { kind: 'cron' })], [a, b])).nightly).toEqual({ a: 1 })
  })
})

describe('what runs', () => {
  const web = sampleService('web', { replicas: 4, place: { strategy: 'spread' } })

  it('moves as little as possible, unless a rebalance is asked for', () => {
    const targets = [samplePlaceTarget('a', { current: { web: 3 } }), samplePlaceTarget('b', { current: { web: 1 } })]
    expect(counts(samplePlaceInput([web], targets))).toEqual({ web: { a: 3, b: 1 } })
    expect(counts(samplePlaceInput([web], targets, { rebalance: true }))).toEqual({ web: { a: 2, b: 2 } })
  })

  it('needs no room of its own', () => {
    const packed = full('a', 0, { current: { web: 4 } })
    expect(counts(samplePlaceInput([web], [packed]))).toEqual({ web: { a: 4 } })
  })

  it('leaves its room to others when it goes', () => {
    const known = roomFor(0)
    const nodes = known.kind === 'known' ? known.nodes.map((node) => ({ ...node, replicas: { 'shop/web': 4 } })) : []
    const target = samplePlaceTarget('a', { capacity: { kind: 'known', nodes }, current: { web: 4 } })
    const api = sampleService('api', { replicas: 2 })
    expect(counts(samplePlaceInput([api, web], [target], { scaled: { web: 2 } }))).toEqual({
      api: { a: 2 },
      web: { a: 2 },
    })
  })

  it('follows a manual count, and the count of an autoscaler inside its bounds', () => {
    expect(counts(samplePlaceInput([web], [a], { scaled: { web: 7 } }))).toEqual({ web: { a: 7 } })
    const scaling = sampleService('web', {
      replicas: 2,
      extension: { autoscale: { min: 2, max: 6, cpu: 60, memory: null, behavior: null } },
    })
    expect(counts(samplePlaceInput([scaling], [samplePlaceTarget('a', { current: { web: 5 } })]))).toEqual({
      web: { a: 5 },
    })
    expect(counts(samplePlaceInput([scaling], [samplePlaceTarget('a', { current: { web: 9 } })]))).toEqual({
      web: { a: 6 },
    })
  })

  it('places all of a gang or nothing more of it', () => {
    const gang = sampleService('gang', { replicas: 5, extension: { gang: true } })
    expect(counts(samplePlaceInput([gang], [full('a', 2), full('b', 2)]))).toEqual({ gang: {} })
    expect(counts(samplePlaceInput([gang], [full('a', 2), full('b', 3)]))).toEqual({ gang: { a: 2, b: 3 } })
  })
})

describe('targets that do not answer', () => {
  const silent = (over = {}) => samplePlaceTarget('b', { reachable: false, ...over })
  const web = sampleService('web', { replicas: 4, place: { strategy: 'spread' } })

  it('keep their last known placement and are owed', () => {
    const result = placeApp(
      samplePlaceInput([web], [samplePlaceTarget('a', { current: { web: 2 } }), silent({ current: { web: 2 } })]),
    )
    expect(result.counts).toEqual({ web: { a: 2, b: 2 } })
    expect(result.owed).toEqual(['b'])
    expect(result.diagnostics.map((d) => d.code)).toContain('SP2008')
    expect(result.placements.find((p) => p.target === 'b')?.because).toBe(
      'last known placement; the target does not answer',
    )
  })

  it('receive nothing that another target can run', () => {
    const result = placeApp(samplePlaceInput([web], [samplePlaceTarget('a', { current: { web: 2 } }), silent()]))
    expect(result.counts).toEqual({ web: { a: 4 } })
    expect(result.owed).toEqual(['b'])
    const ordered = sampleService('web', { replicas: 4 })
    expect(placeApp(samplePlaceInput([ordered], [a, silent()])).owed).toEqual([])
  })

  it('are owed what only they may run, and hold nobody else up', () => {
    const pinned = sampleService('db', { extension: { targets: [{ name: 'b' }] } })
    const result = placeApp(samplePlaceInput([web, pinned], [a, silent()]))
    expect(result.counts).toEqual({ web: { a: 4 }, db: { b: 1 } })
    expect(result.unplaceable).toEqual([])
    expect(result.owed).toEqual(['b'])
  })

  it('are owed their minimum of replicas', () => {
    const min = sampleService('web', { replicas: 4, place: { minPerTarget: 1 } })
    expect(placeApp(samplePlaceInput([min], [a, silent()]))).toMatchObject({
      counts: { web: { a: 3, b: 1 } },
      owed: ['b'],
    })
  })

  it('do not cost a service its last replica that serves', () => {
    const targets = [samplePlaceTarget('a', { current: { web: 2 } }), silent({ current: { web: 2 } })]
    expect(counts(samplePlaceInput([web], targets, { scaled: { web: 2 } }))).toEqual({ web: { a: 1, b: 1 } })
  })

  it('keep a singleton that may still run there', () => {
    const single = sampleService('single', { extension: { singleton: true } })
    expect(counts(samplePlaceInput([single], [a, silent({ current: { single: 1 } })]))).toEqual({ single: { b: 1 } })
  })

  it('do not count as owed when failover sealed them', () => {
    const input = samplePlaceInput([web], [a, silent({ current: { web: 2 } })], {
      assignment: { epoch: 1, sealed: ['b'] },
    })
    expect(placeApp(input)).toMatchObject({ counts: { web: { a: 4 } }, owed: [] })
  })
})

describe('standby', () => {
  const fleet = (standby: 'hot' | 'warm' | 'pilot' | 'none') =>
    sampleFleet([sampleTarget('a'), sampleTarget('b')], {
      failover: { afterMs: 30_000, failBack: 'auto', healthyForMs: 600_000, standby },
    })
  const web = sampleService('web', { replicas: 3 })
  const standby = (kind: Parameters<typeof fleet>[0]) =>
    placeApp(samplePlaceInput([web, sampleService('db', { volumes: ['data'] })], [a, b], { fleet: fleet(kind) }))
      .standby

  it('is prepared where a service may run but does not, with as many replicas as its kind says', () => {
    expect(standby('pilot')).toEqual({ web: { b: 0 } })
    expect(standby('warm')).toEqual({ web: { b: 1 } })
    expect(standby('hot')).toEqual({ web: { b: 3 } })
  })

  it('is nothing without failover, for services that never fail over, and on targets that do not answer', () => {
    expect(standby('none')).toEqual({})
    expect(placeApp(samplePlaceInput([web], [a, b])).standby).toEqual({})
    const never = sampleService('web', { extension: { failover: 'never' } })
    expect(placeApp(samplePlaceInput([never], [a, b], { fleet: fleet('hot') })).standby).toEqual({})
    const silent = samplePlaceTarget('b', { reachable: false })
    expect(placeApp(samplePlaceInput([web], [a, silent], { fleet: fleet('hot') })).standby).toEqual({})
  })
})
