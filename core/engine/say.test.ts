import { describe, expect, it } from 'vitest'
import { StormportError } from '../errors.ts'
import type { EngineDeps } from './api.ts'
import { result, streamOf } from './say.ts'

// The stream reads the clock and nothing else.
const deps = { clock: { now: () => 0, sleep: async () => undefined } } as unknown as EngineDeps

describe('the stream of events', () => {
  it('numbers events, stamps them and ends with the result', async () => {
    const events = await Array.fromAsync(
      streamOf('shop', deps, new AbortController().signal, async (say) => {
        say('action', 'SP-I1', 'one', { target: 'rack' })
        return result(0, [])
      }),
    )
    expect(events.map((e) => [e.seq, e.type])).toEqual([
      [1, 'action'],
      [2, 'result'],
    ])
    expect(events[0]).toMatchObject({ app: 'shop', target: 'rack', time: '1970-01-01T00:00:00.000Z' })
    expect(events[1]?.data).toMatchObject({ ok: true, exitCode: 0 })
  })

  it('turns an error into a diagnostic with its next step, and a result with its exit code', async () => {
    const work = async () => {
      throw new StormportError('Locked', 'locked by ana', { diagnostic: 'SP3101', hint: 'wait' })
    }
    const events = await Array.fromAsync(streamOf('shop', deps, new AbortController().signal, work))
    expect(events[0]).toMatchObject({ type: 'diagnostic', code: 'SP3101', data: { hint: 'wait' } })
    expect(events.at(-1)?.data).toMatchObject({ ok: false, exitCode: 9 })
  })

  it('calls an unknown error our own bug: exit 1', async () => {
    const work = async () => {
      throw new TypeError('x is not a function')
    }
    const events = await Array.fromAsync(streamOf('shop', deps, new AbortController().signal, work))
    expect(events.at(-1)?.data).toMatchObject({ exitCode: 1 })
  })
})
