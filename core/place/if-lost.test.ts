import { describe, expect, it } from 'vitest'
import { fleet as sampleFleet, target as sampleTarget } from '../../test/builders/app.ts'
import { roomFor, samplePlaceInput, samplePlaceTarget, sampleService } from '../../test/builders/place.ts'
import { ifLost } from './if-lost.ts'

const room = (name: string, replicas: number, over = {}) =>
  samplePlaceTarget(name, { capacity: roomFor(replicas), ...over })

describe('if a target is lost', () => {
  it('says where its replicas would go and what would find no place', () => {
    const web = sampleService('web', { replicas: 4 })
    const worker = sampleService('worker', { replicas: 2, extension: { targets: [{ name: 'a' }] } })
    const losses = ifLost(samplePlaceInput([web, worker], [room('a', 6), room('b', 9)]))
    expect(losses).toHaveLength(1)
    expect(losses[0]).toMatchObject({
      target: 'a',
      services: [
        { service: 'web', wanted: 4, movesTo: [{ target: 'b', replicas: 4 }], unplaced: 0, needs: [] },
        { service: 'worker', wanted: 2, movesTo: [], unplaced: 2 },
      ],
    })
    expect(losses[0]?.verdict).toBe('web 4 → b; worker: 2 of 2 down (x-stormport.targets does not name it)')
  })

  it('takes unknown capacity for none, and says what is missing', () => {
    const [loss] = ifLost(samplePlaceInput([sampleService('web')], [room('a', 1), samplePlaceTarget('b')]))
    expect(loss?.services[0]).toMatchObject({
      movesTo: [],
      unplaced: 1,
      because: 'capacity is unknown (no right to read nodes)',
      needs: ['b: capacity is unknown (no right to read nodes)'],
    })
  })

  it('counts on what is free beside what the others run already', () => {
    const web = sampleService('web', { replicas: 4, place: { strategy: 'spread' } })
    const [lostA, lostB] = ifLost(samplePlaceInput([web], [room('a', 2), room('b', 3)]))
    expect(lostA?.services[0]).toMatchObject({ wanted: 2, movesTo: [{ target: 'b', replicas: 1 }], unplaced: 1 })
    expect(lostB?.services[0]).toMatchObject({
      wanted: 2,
      movesTo: [],
      unplaced: 2,
      because: 'not enough CPU; needs 0.1 CPUs',
    })
  })

  it('never moves volumes, nor what needs them', () => {
    const db = sampleService('db', { volumes: ['data'] })
    const web = sampleService('web', { needs: ['db'] })
    const [loss] = ifLost(samplePlaceInput([db, web], [room('a', 9), room('b', 9)]))
    expect(loss?.services.map((s) => [s.service, s.unplaced, s.because])).toEqual([
      ['db', 1, 'volume data does not move'],
      ['web', 1, 'web on b needs db, which runs nowhere'],
    ])
    expect(loss?.services[0]?.needs).toEqual(['a data path for volume data'])
  })

  it('holds back singletons and services that must not fail over', () => {
    const single = sampleService('single', { extension: { singleton: true } })
    const fixed = sampleService('fixed', { extension: { failover: 'never' } })
    const [loss] = ifLost(samplePlaceInput([single, fixed], [room('a', 9), room('b', 9)]))
    expect(loss?.services.map((s) => [s.service, s.unplaced])).toEqual([
      ['single', 1],
      ['fixed', 1],
    ])
  })

  it('tells declared failover from work by hand', () => {
    const fleet = sampleFleet([sampleTarget('a'), sampleTarget('b')], {
      failover: { afterMs: 30_000, failBack: 'auto', healthyForMs: 600_000, standby: 'pilot' },
    })
    const input = samplePlaceInput([sampleService('web')], [room('a', 9), room('b', 9)])
    expect(ifLost(input)[0]?.services[0]?.mode).toBe('manual')
    expect(ifLost({ ...input, fleet })[0]?.services[0]?.mode).toBe('auto')
  })

  it('covers a target that does not answer now, and leaves out sealed ones', () => {
    const web = sampleService('web', { replicas: 2 })
    const silent = samplePlaceTarget('a', { reachable: false, current: { web: 2 } })
    expect(ifLost(samplePlaceInput([web], [silent, room('b', 9)]))[0]).toMatchObject({
      target: 'a',
      verdict: 'web 2 → b',
    })
    expect(
      ifLost(samplePlaceInput([web], [silent, room('b', 9)], { assignment: { epoch: 1, sealed: ['a'] } })).map(
        (l) => l.target,
      ),
    ).toEqual(['b'])
  })
})
