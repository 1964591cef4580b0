import { describe, expect, it } from 'vitest'
import type { NativeObject } from '../../core/model/native-object.ts'
import { seen, wanted } from '../../test/builders/plan.ts'
import { replaces } from './replaces.ts'

const object = (kind: string, body: object, over: Partial<NativeObject> = {}): NativeObject =>
  wanted(`apps/${kind}/shop/web`, { kind, name: 'web', body, ...over })

const change = (kind: string, before: object, after: object, over: Partial<NativeObject> = {}) =>
  replaces(seen(object(kind, before, over)), object(kind, after, over))

describe('a change of what cannot change', () => {
  it.each([
    ['Deployment', { spec: { selector: { a: '1' } } }, { spec: { selector: { a: '2' } } }],
    ['Job', { spec: { template: { a: 1 } } }, { spec: { template: { a: 2 } } }],
    ['StatefulSet', { spec: { serviceName: 'a' } }, { spec: { serviceName: 'b' } }],
    ['StatefulSet', { spec: { podManagementPolicy: 'Parallel' } }, { spec: {} }],
    ['Service', { spec: { clusterIP: 'None' } }, { spec: {} }],
    ['ConfigMap', { immutable: true, data: { a: '1' } }, { immutable: true, data: { a: '2' } }],
    ['Secret', { type: 'Opaque' }, { type: 'kubernetes.io/tls' }],
  ])('replaces a %s', (kind, before, after) => {
    expect(change(kind, before, after)?.because).toContain(`of a ${kind} cannot be changed in place`)
  })
})

describe('an update in place', () => {
  it.each([
    ['Deployment', { spec: { replicas: 1, selector: {} } }, { spec: { replicas: 2, selector: {} } }],
    ['StatefulSet', { spec: { template: 1, replicas: 1 } }, { spec: { template: 2, replicas: 3 } }],
    ['ConfigMap', { data: { a: '1' } }, { data: { a: '2' } }],
    ['Service', { spec: { ports: [1] } }, { spec: { ports: [2] } }],
    ['Job', { metadata: { labels: { a: '1' } }, spec: { template: 1 } }, { metadata: {}, spec: { template: 1 } }],
  ])('is enough for a %s', (kind, before, after) => {
    expect(change(kind, before, after)).toBeUndefined()
  })

  it('is all that data and namespaces ever get', () => {
    const grown = [{ spec: { storageClassName: 'a' } }, { spec: { storageClassName: 'b' } }] as const
    expect(change('PersistentVolumeClaim', ...grown, { guard: 'data' })).toBeUndefined()
    expect(change('Namespace', { spec: 1 }, { spec: 2 }, { guard: 'container' })).toBeUndefined()
  })

  it('is assumed where the target does not keep what was applied', () => {
    const { body: _body, ...live } = seen(object('Job', { spec: { template: 1 } }))
    expect(replaces(live, object('Job', { spec: { template: 2 } }))).toBeUndefined()
  })
})
