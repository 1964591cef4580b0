import { describe, expect, it } from 'vitest'
import type { RawObject } from './raw.ts'
import { relationsOf } from './relations.ts'

const owned = (uid: string, ...owners: readonly string[]): RawObject => ({
  metadata: { uid, ownerReferences: owners.map((owner) => ({ uid: owner })) },
})

describe('what belongs to an object', () => {
  const set = owned('set', 'web')
  const [direct, behind, other] = [owned('p1', 'web'), owned('p2', 'set'), owned('p3', 'db')]
  const about = { involvedObject: { uid: 'web' }, reason: 'FailedCreate' }
  const relatedTo = relationsOf(
    { pods: [direct, behind, other], replicaSets: [set, owned('set2', 'db')], events: [about, {}] },
    7,
  )

  it('is its own pods and those of its ReplicaSets, and events about it', () => {
    expect(relatedTo({ kind: 'Deployment', metadata: { uid: 'web' } })).toEqual({
      pods: [direct, behind],
      replicaSets: [set],
      events: [about],
      nowMs: 7,
    })
  })

  it('is nothing where nothing names it', () => {
    const { pods, replicaSets, events } = relatedTo({ kind: 'Service', metadata: { uid: 'none' } })
    expect([pods, replicaSets, events]).toEqual([[], [], []])
  })

  it('is any pod for a claim, which pods name by name', () => {
    expect(relatedTo({ kind: 'PersistentVolumeClaim', metadata: { uid: 'data' } }).pods).toHaveLength(3)
  })
})
