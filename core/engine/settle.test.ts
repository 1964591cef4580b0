import { describe, expect, it } from 'vitest'
import type { ObservedObject, Readiness } from '../model/replica.ts'
import { judge, lateVerdict } from './settle.ts'

const object = (id: string, hash: string, readiness: Partial<Readiness>): ObservedObject => ({
  id,
  uid: id,
  kind: 'service',
  name: id,
  service: id,
  scope: 'app',
  guard: 'none',
  stage: 10,
  hash,
  owner: 'ours',
  drift: [],
  readiness: { state: 'progressing', retriable: true, ...readiness },
})

const view = (...objects: readonly ObservedObject[]) => ({ objects: new Map(objects.map((o) => [o.id, o])) })
const want = new Map([
  ['web', 'h2'],
  ['db', 'h1'],
])
const nothing = new Set<string>()

describe('judging whether a target is as wanted', () => {
  it('is done only when every object is ready at the wanted hash', () => {
    const db = object('db', 'h1', { state: 'ready' })
    expect(judge(view(db, object('web', 'h2', { state: 'ready' })), { want, gone: nothing })).toEqual({ kind: 'ready' })
    expect(judge(view(db, object('web', 'h1', { state: 'ready' })), { want, gone: nothing })).toBeNull()
    expect(judge(view(db), { want, gone: nothing })).toBeNull()
  })

  it('waits until what was removed is gone', () => {
    const ready = view(
      object('db', 'h1', { state: 'ready' }),
      object('web', 'h2', { state: 'ready' }),
      object('old', 'h', {}),
    )
    expect(judge(ready, { want, gone: new Set(['old']) })).toBeNull()
  })

  it('fails at once on an object that will not recover, with its reason and last lines', () => {
    const failed = object('web', 'h2', { state: 'failed', retriable: false, message: 'exit 7', lastLogs: ['boom'] })
    expect(judge(view(failed), { want, gone: nothing })).toEqual({
      kind: 'failed',
      cause: null,
      service: 'web',
      reason: 'exit 7',
      logs: ['boom'],
    })
  })

  it('does not blame the new release for an old object that has failed', () => {
    const old = object('web', 'h1', { state: 'failed', retriable: false })
    expect(judge(view(old), { want, gone: nothing })).toBeNull()
  })

  it('sees a release that the controller itself took back', () => {
    const back = object('web', 'h1', {
      state: 'failed',
      retriable: false,
      reason: 'RolledBack',
      message: 'exited three times',
    })
    expect(judge(view(back), { want, gone: nothing })).toMatchObject({ kind: 'failed', reason: 'exited three times' })
  })

  it('takes a spec that failed and was taken back as failed, and the one before as ready', () => {
    const back = object('web', 'h1', { state: 'ready', retriable: false, failedHash: 'h2', message: 'exited' })
    expect(judge(view(back), { want, gone: nothing })).toMatchObject({ kind: 'failed', reason: 'exited' })
    const again = new Map([['web', 'h1']])
    expect(judge(view(back), { want: again, gone: nothing })).toEqual({ kind: 'ready' })
  })
})

describe('at the deadline', () => {
  const late = (seen: ReturnType<typeof view>, want: ReadonlyMap<string, string>, gone = nothing) =>
    lateVerdict({ ...seen, replicas: new Map() }, { want, gone })
  const web = new Map([['web', 'h2']])

  it('what still progresses is late, and what is hindered is unhealthy', () => {
    const progressing = object('web', 'h2', { state: 'progressing', retriable: true, message: '0 of 1 are ready' })
    expect(late(view(progressing), web)).toMatchObject({
      kind: 'late',
      waiting: ['web'],
      unhealthy: false,
      reason: '0 of 1 are ready',
    })
    const hindered = object('web', 'h2', { state: 'failed', retriable: true, message: 'exceeded quota' })
    expect(late(view(hindered), web)).toMatchObject({ unhealthy: true, reason: 'exceeded quota' })
  })

  it('what should be gone and is not is named, with what holds it', () => {
    const held = object('web', 'h1', { state: 'failed', retriable: false, message: 'held by example.com/never' })
    expect(late(view(held), new Map(), new Set(['web', 'other']))).toMatchObject({
      waiting: ['web'],
      unhealthy: false,
      reason: 'held by example.com/never',
    })
  })
})
