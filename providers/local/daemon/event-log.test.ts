import { describe, expect, it } from 'vitest'
import { eventsOf } from './event-log.ts'
import type { Alloc, Rollout, Work } from './model.ts'

const rollout: Rollout = {
  kind: 'create',
  state: 'progressing',
  startedAt: 1,
  proven: false,
  settledAt: null,
  readySince: null,
  failure: null,
}
const key = { target: 'here', app: 'shop', service: 'web' }
const body = { driver: 'docker', container: { limits: { memoryBytes: null } } }
const spec = { hash: 'h', replicaHash: 'r', release: 3, body }

// Only what the log reads of an allocation and of a work.
const alloc = (over: Partial<Alloc> = {}): Alloc =>
  ({
    ...key,
    id: 'a1',
    name: 'shop-web-1-aaaaaa',
    slot: 1,
    node: 'n1',
    spec,
    intent: 'run',
    because: 'the service is new',
    state: 'new',
    health: 'starting',
    reason: null,
    exit: null,
    error: null,
    ...over,
  }) as unknown as Alloc
const work = (over: Partial<Rollout> = {}): Work =>
  ({ ...key, spec, rollout: { ...rollout, ...over } }) as unknown as Work

const told = (before: Alloc | undefined, after: Alloc) =>
  eventsOf({ allocs: [after] }, { alloc: () => before, work: () => undefined }, 0).map(({ event }) => [
    event.severity,
    event.reason,
    event.message,
  ])
const toldOfWork = (before: Work | undefined, after: Work) =>
  eventsOf({ works: [after] }, { alloc: () => undefined, work: () => before }, 0).map(({ event }) => [
    event.severity,
    event.reason,
    event.message,
  ])

const running = alloc({ state: 'running' })
const exit = { code: 7, signal: null, oomKilled: false, at: 0 }

describe('the event log of the daemon', () => {
  it('names replica, slot and object at the time of the write', () => {
    const [first] = eventsOf({ allocs: [alloc()] }, { alloc: () => undefined, work: () => undefined }, 1_000)
    expect(first).toMatchObject({
      target: 'here',
      app: 'shop',
      event: {
        at: '1970-01-01T00:00:01.000Z',
        service: 'web',
        replica: 'a1',
        slot: 1,
        object: { kind: 'container', name: 'shop-web-1-aaaaaa' },
        count: 1,
      },
    })
  })

  it.each([
    ['is placed', undefined, alloc(), ['normal', 'Scheduled', 'placed on n1: the service is new']],
    ['starts', alloc(), running, ['normal', 'Started', 'started on n1']],
    ['is ready', running, alloc({ state: 'running', health: 'ready' }), ['normal', 'Ready', 'it is ready']],
    [
      'turns unhealthy',
      running,
      alloc({ state: 'running', health: 'unhealthy', reason: 'exit 1' }),
      ['warning', 'Unhealthy', 'exit 1'],
    ],
    [
      'is stopped',
      running,
      alloc({ state: 'running', intent: 'stop', because: 'scaled down' }),
      ['normal', 'Stopping', 'scaled down'],
    ],
    ['fails', running, alloc({ state: 'exited', exit }), ['warning', 'Failed', 'exited with 7']],
    [
      'is killed for memory',
      running,
      alloc({ state: 'exited', exit: { ...exit, signal: 'SIGKILL', oomKilled: true } }),
      ['warning', 'OOMKilled', expect.stringContaining('memory')],
    ],
    [
      'cannot start',
      alloc(),
      alloc({ state: 'exited', error: { code: 'ImageNotFound', message: 'no such image' } }),
      ['warning', 'FailedStart', 'could not start: no such image'],
    ],
  ])('says when a replica %s', (_, before, after, words) => {
    expect(told(before, after)).toEqual([words])
  })

  it('says nothing when nothing happened to it', () => {
    expect(told(running, { ...running, reason: 'still waiting' })).toEqual([])
  })

  it('says how a rollout begins and ends, once each', () => {
    expect(toldOfWork(undefined, work())).toEqual([['normal', 'RolloutStarted', 'create to release 3']])
    expect(toldOfWork(work(), work())).toEqual([])
    expect(toldOfWork(work(), work({ state: 'complete' }))).toEqual([
      ['normal', 'RolloutComplete', 'release 3 is in force'],
    ])
    const failure = { hash: 'h', release: 3, reason: 'Exited', message: 'web.1 exited with 7', lastLogs: [] }
    expect(toldOfWork(work(), work({ state: 'failed', failure }))).toEqual([
      ['warning', 'RolloutFailed', 'web.1 exited with 7'],
    ])
    expect(toldOfWork(work({ state: 'failed', failure }), work({ state: 'failed', failure }))).toEqual([])
  })
})
