import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ObservedObject, StateDelta } from '../model/replica.ts'
import { judge, type Settled, watchful } from './settle.ts'

const IDS = ['web', 'db', 'old']
const input = {
  want: new Map([
    ['web', 'h2'],
    ['db', 'h1'],
  ]),
  gone: new Set(['old']),
}

const object = fc.record({
  id: fc.constantFrom(...IDS),
  hash: fc.constantFrom('h1', 'h2'),
  owner: fc.constantFrom<ObservedObject['owner']>('ours', 'foreign'),
  readiness: fc.record({
    state: fc.constantFrom<ObservedObject['readiness']['state']>('ready', 'ready', 'progressing', 'failed'),
    retriable: fc.boolean(),
  }),
})

const told = object.map(
  (o): StateDelta => ({
    kind: 'object',
    object: { ...o, uid: o.id, kind: 'service', name: o.id, scope: 'app', guard: 'none', stage: 1, drift: [] },
  }),
)
const wentAway = fc.constantFrom(...IDS).map((id): StateDelta => ({ kind: 'objectGone', id }))
const other = fc.constant<StateDelta>({ kind: 'replicaGone', id: 'web-1', service: 'web' })
const deltas = fc.array(fc.oneof({ weight: 5, arbitrary: told }, wentAway, other), { maxLength: 30 })

/** The verdict, and after how many deltas it came. */
const firstVerdict = (
  all: readonly StateDelta[],
  asks: (delta: StateDelta) => boolean,
): readonly [Settled | null, number] => {
  const objects = new Map<string, ObservedObject>()
  for (const [i, delta] of all.entries()) {
    if (delta.kind === 'object') objects.set(delta.object.id, delta.object)
    if (delta.kind === 'objectGone') objects.delete(delta.id)
    const verdict = asks(delta) ? judge({ objects }, input) : null
    if (verdict !== null) return [verdict, i]
  }
  return [null, all.length]
}

describe('waiting for a target', () => {
  it('comes to the same verdict at the same delta as judging after every one', () => {
    fc.assert(
      fc.property(deltas, deltas, (before, after) => {
        const all: readonly StateDelta[] = [...before, { kind: 'synced' }, ...after]
        let synced = false
        const always = (delta: StateDelta): boolean => {
          synced ||= delta.kind === 'synced'
          return synced
        }
        expect(firstVerdict(all, watchful(input))).toEqual(firstVerdict(all, always))
      }),
      { numRuns: 1_000 },
    )
  })
})
