// Drift: fields of ours that others took, told from managedFields as a real API server writes them.
import { describe, expect, it } from 'vitest'
import { driftOf, ownsField } from './managed-fields.ts'

const entry = (manager: string, operation: string, fieldsV1: unknown) => ({ manager, operation, fieldsV1 })
const image = (name: string) => ({ 'f:containers': { [`k:{"name":"${name}"}`]: { '.': {}, 'f:image': {} } } })
const body = { spec: { replicas: 2, containers: [{ name: 'web', image: 'ours:1' }] } }
const live = (spec: unknown, ...managedFields: readonly unknown[]) => ({ metadata: { managedFields }, spec })

describe('drift', () => {
  it('is a field that another manager owns now, with its path, both values and the manager', () => {
    const object = live(
      { replicas: 2, containers: [{ name: 'web', image: 'theirs:2' }] },
      entry('stormport', 'Apply', {
        'f:spec': { 'f:replicas': {}, 'f:containers': { 'k:{"name":"web"}': { '.': {}, 'f:name': {} } } },
      }),
      entry('kubectl-edit', 'Update', { 'f:spec': image('web') }),
    )
    expect(driftOf(object, body)).toEqual([
      { path: 'spec.containers[web].image', want: 'ours:1', live: 'theirs:2', manager: 'kubectl-edit' },
    ])
  })
  it('is none where another manager holds the same value', () => {
    const object = live(
      { replicas: 2, containers: [{ name: 'web', image: 'ours:1' }] },
      entry('stormport', 'Apply', { 'f:spec': image('web') }),
    )
    expect(driftOf(object, body)).toEqual([])
  })
  it('is none for what the server filled in', () => {
    const object = live(
      { replicas: 2, containers: [{ name: 'web', image: 'ours:1', imagePullPolicy: 'Always' }], strategy: {} },
      entry('stormport', 'Apply', { 'f:spec': { 'f:replicas': {}, ...image('web') } }),
    )
    expect(driftOf(object, body)).toEqual([])
  })
  it('names no manager for what somebody took away', () => {
    const object = live({ containers: [] }, entry('stormport', 'Apply', { 'f:spec': { 'f:replicas': {} } }))
    expect(driftOf(object, body)).toEqual([
      { path: 'spec.containers', want: [{ name: 'web', image: 'ours:1' }], live: [] },
    ])
  })
  it('knows which fields are ours', () => {
    const object = live({}, entry('stormport', 'Apply', { 'f:spec': { 'f:replicas': {} } }))
    expect(ownsField(object, ['spec', 'replicas'])).toBe(true)
    expect(ownsField(object, ['spec', 'containers'])).toBe(false)
  })
})
