// A target that stops answering in the middle of a deploy: what it cannot be told is said, and the others are judged for
// themselves.
import { afterEach, describe, expect, it } from 'vitest'
import type { Event, Result } from '../../core/model/event.ts'
import { app, service } from '../builders/app.ts'
import { createStand, request, type Stand, told } from './stand.ts'

const never = new AbortController().signal
let s: Stand
afterEach(() => s.close())

const shop = () => app([service('web', { replicas: 2, image: 'web:1' })])

/** Deploys while `spoil` looks at every event. */
const deployed = async (spoil: (event: Event) => void): Promise<Result> => {
  let last: Event | undefined
  for await (const event of s.engine.deploy(s.project(shop()), request(), never)) {
    spoil(event)
    last = event
  }
  return last?.data as Result // the last event's data is a Result (core/engine/index.ts)
}

const outcomes = (result: Result): Readonly<Record<string, string>> =>
  Object.fromEntries(result.summary.targets.map((t) => [t.name, t.outcome]))

it('a deploy that died when it had made no more than the key is taken away by destroy', async () => {
  s = await createStand({ targets: ['east'] })
  const cluster = s.clusters['east']
  const heal = cluster?.faults.plan({ fault: { kind: 'status', status: 403 }, path: 'release-1' })
  const failed = await told(s.engine.deploy(s.project(shop()), request(), never))
  expect(failed.result.exitCode).toBe(4)
  heal?.()
  const records = (): readonly string[] => (cluster?.store.list('Record', null) ?? []).map((r) => r.name)
  expect(records()).toEqual(['key'])
  const destroy = { targets: null, timeoutMs: 20_000, lockWaitMs: 2_000, volumes: false, clusters: false, allow: [] }
  const { result } = await told(s.engine.destroy({ app: 'shop', fleet: s.fleet }, destroy, never))
  expect(result).toMatchObject({ ok: true })
  expect(records()).toEqual([])
})

describe('a target that goes dark', () => {
  const start = async (): Promise<void> => {
    s = await createStand({
      targets: ['east', 'west'],
      fleet: { place: { strategy: 'spread', prefer: [], weights: {} } },
    })
  }

  it('while it is changed fails alone, and the next deploy completes it as the same release', async () => {
    await start()
    let heal: (() => void) | undefined
    const result = await deployed((event) => {
      // Its lease can be given back: the next command of this same process would wait for it.
      if (event.type === 'action' && event.target === 'west')
        heal ??= s.clusters['west']?.faults.plan({ fault: { kind: 'unreachable' }, path: '/ns/west.shop/' })
    })
    expect(outcomes(result)).toEqual({ east: 'done', west: 'failed' })
    expect(result.exitCode).toBe(7)
    heal?.()
    const again = await told(s.engine.deploy(s.project(shop()), request(), never))
    expect(again.result).toMatchObject({ ok: true, exitCode: 0 })
    const status = await s.engine.status({ app: 'shop', fleet: s.fleet }, null, never)
    expect(status.targets.map((t) => [t.release, t.state])).toEqual([
      [1, 'healthy'],
      [1, 'healthy'],
    ])
  })

  it('when its release is to be marked healthy fails alone, too', async () => {
    await start()
    let heal: (() => void) | undefined
    const result = await deployed((event) => {
      const isReady = event.code === 'SP-I4021' && event.message === 'web 1/1 ready'
      if (isReady && event.target === 'west')
        heal ??= s.clusters['west']?.faults.plan({ fault: { kind: 'unreachable' }, path: 'head' })
    })
    expect(heal).toBeDefined()
    expect(outcomes(result)).toEqual({ east: 'done', west: 'failed' })
    expect(result.exitCode).toBe(7)
    heal?.()
    const again = await told(s.engine.deploy(s.project(shop()), request(), never))
    expect(again.result).toMatchObject({ ok: true, exitCode: 0 })
  })
})
