// The suite must be able to fail: each of these adapters breaks one promise, and the case for that promise must say so.
import { describe, expect, it } from 'vitest'
import { StormportError } from '../../core/errors.ts'
import type { Provider, Records } from '../../core/ports.ts'
import { fakeHarness } from '../../test/fakes/cluster/harness.ts'
import type { Case } from './case.ts'
import { createDrive } from './drive.ts'
import { eventCases } from './events.ts'
import { CASES, type CaseName } from './harness.ts'
import { objectCases } from './objects.ts'
import { recordCases } from './records.ts'
import { streamCases } from './streams.ts'

const cases: Readonly<Partial<Record<CaseName, Case>>> = {
  ...objectCases,
  ...recordCases,
  ...streamCases,
  ...eventCases,
}

const withRecords = (p: Provider, change: (records: Records) => Partial<Records>): Provider => ({
  ...p,
  records: (target, app) => ({ ...p.records(target, app), ...change(p.records(target, app)) }),
})

const SABOTAGE: Readonly<Partial<Record<CaseName, (p: Provider) => Provider>>> = {
  'renders the same bytes for the same spec': (p) => ({
    ...p,
    render: (t, spec) => p.render(t, spec).map((o) => ({ ...o, hash: `${o.hash}${spec.release}` })),
  }),
  'applies once and then has nothing to do': (p) => ({
    ...p,
    apply: async (...args) => ({ ...(await p.apply(...args)), changed: true }),
  }),
  'sees what it applied as ours, with its hash, and ready in time': (p) => ({
    ...p,
    observe: async (...args) => {
      const state = await p.observe(...args)
      return { ...state, objects: state.objects.map((o) => ({ ...o, hash: 'other' })) }
    },
  }),
  'keeps identity and uids stable': (p) => ({
    ...p,
    observe: async (...args) => ({ ...(await p.observe(...args)), identity: String(Math.random()) }),
  }),
  'sees a changed count as scaling only': (p) => ({
    ...p,
    observe: async (...args) => {
      const state = await p.observe(...args)
      return { ...state, objects: state.objects.map(({ body: _, ...o }) => o) }
    },
  }),
  'removes what is no longer wanted, and removing twice is fine': (p) => ({
    ...p,
    apply: async (target, action, context) => {
      const done = await p.apply(target, action, context)
      if (action.kind === 'remove' && !done.changed) throw new StormportError('NotFound', 'gone already')
      return done
    },
  }),
  'leaves the object of another owner alone': (p) => ({
    ...p,
    apply: (target, action, context) => p.apply(target, { ...action, consent: 'override' }, context),
  }),
  'removes nothing on a partial observation': (p) => ({
    ...p,
    observe: async (...args) => ({ ...(await p.observe(...args)), complete: true, because: null }),
  }),
  'says that a dead target is unreachable, within 5 s and never as empty': (p) => ({
    ...p,
    observe: async (...args) => ({ ...(await p.observe(...args)), reachable: true, complete: true }),
  }),
  'keeps releases and heads, and refuses a lost race': (p) =>
    withRecords(p, (records) => ({
      setHead: async (next) => records.setHead(next, (await records.head())?.version ?? 0),
    })),
  'makes the secret key when asked, once': (p) =>
    withRecords(p, (records) => ({ secretKey: () => records.secretKey(true) })),
  'keeps a bounded history': (p) => withRecords(p, () => ({ appendHistory: async () => undefined })),
  'lists the application once it has a head': (p) => ({ ...p, apps: async () => [] }),
  'shows a secret value nowhere': (p) => ({
    ...p,
    apps: async (...args) => [
      ...(await p.apps(...args)),
      { app: 'x', target: 'east', origin: 'canary-4f1c-conformance', release: 1 },
    ],
  }),
  'gives up within 1 s when aborted': (p) => ({
    ...p,
    exec: (target, app, replica, argv, io) => p.exec(target, app, replica, argv, io, AbortSignal.timeout(3_000)),
  }),
  'limits logs to the tail': (p) => ({ ...p, logs: (t, query, signal) => p.logs(t, { ...query, tail: null }, signal) }),
  'tells what happens to its replicas, of this app alone': (p) => ({
    ...p,
    events: async function* () {},
  }),
  'runs commands and returns their exit code': (p) => ({
    ...p,
    exec: async (...args) => Math.min(1, await p.exec(...args)),
  }),
  'grants a lease once, names the holder, renews and expires': (p) => ({
    ...p,
    lease: async () => ({ renew: async () => undefined, release: async () => undefined }),
  }),
  'reports capacity in whole numbers': (p) => ({ ...p, capacity: async () => ({ kind: 'known', nodes: [] }) }),
  'checks the target': (p) => ({ ...p, check: async () => [{ name: 'reachable', ok: false, message: 'no' }] }),
}

describe('the conformance suite', () => {
  it('has every case of its table', () => {
    expect(Object.keys(cases).sort()).toEqual(Object.keys(CASES).sort())
  })

  for (const [name, sabotage] of Object.entries(SABOTAGE))
    it(`fails an adapter for which this does not hold: ${name}`, { timeout: 60_000 }, async () => {
      const honest = await fakeHarness()
      const drive = createDrive({ ...honest, provider: sabotage(honest.provider), readyWithinMs: 2_000 })
      try {
        const outcome: unknown = await cases[name as CaseName]?.(drive).then(
          () => 'passed',
          (error: unknown) => error,
        )
        expect(outcome).toBeInstanceOf(Error)
      } finally {
        await honest.cleanup()
      }
    })
})
