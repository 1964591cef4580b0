import { describe, expect, it } from 'vitest'
import { atCurrentCount, isOwnCount, takesReplicasBack } from './hand-over.ts'
import { APPLIED, HASH } from './marks.ts'
import type { RawObject } from './raw.ts'

const COUNT = { 'f:spec': { 'f:replicas': {} } }

interface Seen {
  readonly replicas: number
  /** What we applied last. */
  readonly applied: unknown
  readonly hash?: string
  readonly owner: string
}

const deployment = ({ replicas, applied, hash = 'h1', owner }: Seen): RawObject => ({
  kind: 'Deployment',
  metadata: {
    name: 'web',
    annotations: { [APPLIED]: JSON.stringify(applied), [HASH]: hash },
    managedFields: [
      { manager: 'stormport', operation: 'Apply', fieldsV1: owner === 'stormport' ? COUNT : {} },
      { manager: owner, operation: owner === 'stormport' ? 'Apply' : 'Update', fieldsV1: COUNT },
    ],
  },
  spec: { replicas },
})

const LEFT = { spec: { template: {} } }
const WRITTEN = { spec: { replicas: 3, template: {} } }
const scaled = (applied: unknown, owner = 'kube-controller-manager') => deployment({ replicas: 7, applied, owner })
const conflict = { manager: 'kube-controller-manager', field: '.spec.replicas' }

describe('the count that an autoscaler had', () => {
  it('comes back when what we applied last left it out and what comes now writes it', () => {
    expect(takesReplicasBack(scaled(LEFT), WRITTEN)).toBe(true)
    expect(takesReplicasBack(scaled(LEFT), LEFT)).toBe(false)
    expect(takesReplicasBack(scaled(WRITTEN), WRITTEN)).toBe(false)
  })

  it('is first applied as it runs, under a hash that no render has, so that a killed command is gone on with', () => {
    const object = { hash: 'h2', body: WRITTEN }
    const between = atCurrentCount(object, scaled(LEFT))
    expect(between).toEqual({ hash: expect.not.stringMatching(/^h2$/), body: { spec: { replicas: 7, template: {} } } })
    const live = deployment({ replicas: 7, applied: between.body, hash: between.hash, owner: 'stormport' })
    expect(takesReplicasBack(live, WRITTEN)).toBe(true)
  })

  it('may be written over when it comes back, or when we own it as well', () => {
    expect(isOwnCount(conflict, { live: scaled(LEFT), body: WRITTEN })).toBe(true)
    expect(isOwnCount(conflict, { live: scaled(WRITTEN, 'stormport'), body: WRITTEN })).toBe(true)
  })

  it('is somebody’s loss when an autoscaler that is not ours has set it, or when it is another field', () => {
    expect(isOwnCount(conflict, { live: scaled(WRITTEN), body: WRITTEN })).toBe(false)
    expect(isOwnCount({ ...conflict, field: '.spec.paused' }, { live: scaled(LEFT), body: WRITTEN })).toBe(false)
    expect(isOwnCount({ ...conflict, manager: 'kubectl' }, { live: scaled(LEFT), body: WRITTEN })).toBe(false)
  })
})
