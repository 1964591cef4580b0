import { describe, expect, it } from 'vitest'
import { target } from '../../test/builders/app.ts'
import { planHere, seen, state, wanted } from '../../test/builders/plan.ts'
import type { NativeObject } from '../model/native-object.ts'
import type { Plan } from '../model/plan.ts'
import type { Readiness, TargetState } from '../model/replica.ts'
import type { Provider } from '../ports.ts'
import type { EngineDeps } from './api.ts'
import { rollOut } from './rollout.ts'

const db = wanted('service/db', { service: 'db', stage: 1 })
const web = wanted('service/web', { service: 'web', stage: 2, awaits: ['service/db'] })

/** A target that says of db what the test wants, and writes down what is sent to it. */
const targetWith = (readiness: Readiness) => {
  const sent: string[] = []
  const told = (object: NativeObject) => ({ kind: 'object' as const, object: seen(object, { readiness }) })
  const provider = {
    capabilities: { maxInFlight: 4, slots: false, features: {} },
    apply: async (_target: unknown, action: { id: string }) => {
      sent.push(action.id)
      return { changed: true }
    },
    watch: async function* () {
      yield told(db)
      yield told(web)
      yield { kind: 'synced' as const }
    },
  } as unknown as Provider
  return { sent, provider }
}

interface Over {
  readonly wait?: boolean
  readonly rollback?: boolean
  readonly plan?: Plan
  readonly state?: TargetState
}

const run = (provider: Provider, { state: seenState = state([]), ...over }: Over = {}) => {
  const here = target('here')
  const observed = {
    target: here,
    provider,
    state: seenState,
    capacity: { kind: 'unknown' as const, because: '' },
    error: null,
  }
  const deps = {
    clock: {
      now: () => 0,
      sleep: (_ms: number, signal: AbortSignal) =>
        new Promise<void>((done) => signal.addEventListener('abort', () => done())),
    },
  } as unknown as EngineDeps
  const input = {
    app: 'shop',
    release: 1,
    plan: planHere([db, web], []),
    observed: [observed],
    rendered: new Map([['here', [db, web]]]),
    wait: true,
    rollback: false,
    deadlineMs: 1000,
    ...over,
  }
  return rollOut(observed, input, deps, { say: () => undefined, signal: new AbortController().signal })
}

describe('nothing to change', () => {
  const unchanged = (readiness: Readiness) => {
    const { provider } = targetWith({ state: 'ready', retriable: true })
    const watched: string[] = []
    const watch: Provider['watch'] = (...args) => {
      watched.push(args[1])
      return provider.watch(...args)
    }
    const seenNow = state([seen(db, { readiness }), seen(web)])
    return {
      watched,
      settled: run({ ...provider, watch }, { plan: { ...planHere([], []), waves: [] }, state: seenNow }),
    }
  }

  it('is told from what was seen, without a watch, where all of it is ready', async () => {
    const { watched, settled } = unchanged({ state: 'ready', retriable: true })
    expect(await settled).toEqual({ kind: 'ready' })
    expect(watched).toEqual([])
  })

  it('is watched where something is not ready yet', async () => {
    const { watched, settled } = unchanged({ state: 'progressing', retriable: true })
    expect(await settled).toEqual({ kind: 'ready' })
    expect(watched).toEqual(['shop'])
  })
})

describe('an object that awaits another', () => {
  it('is sent when the other is ready', async () => {
    const { sent, provider } = targetWith({ state: 'ready', retriable: true })
    expect(await run(provider)).toMatchObject({ kind: 'ready' })
    expect(sent).toEqual(['service/db', 'service/web'])
  })

  it('is never sent when the other has failed', async () => {
    const { sent, provider } = targetWith({ state: 'failed', message: 'exit 7', retriable: false })
    expect(await run(provider)).toMatchObject({ kind: 'failed', service: 'db', reason: 'exit 7' })
    expect(sent).toEqual(['service/db'])
  })

  it('does not wait on the way back, where jobs do not run again, nor without waiting at all', async () => {
    for (const over of [{ rollback: true }, { wait: false }]) {
      const { sent, provider } = targetWith({ state: 'failed', message: 'exit 7', retriable: false })
      await run(provider, over)
      expect(sent).toEqual(['service/db', 'service/web'])
    }
  })
})
