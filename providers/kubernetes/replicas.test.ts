// Pods in the words of all targets.
import { describe, expect, it } from 'vitest'
import { ownersOf, replicaOf } from './replicas.ts'

const NONE = ownersOf([])
const pod = (status: unknown, more: unknown = {}) => ({
  metadata: { name: 'web-1', labels: { 'stormport.dev/service': 'web' }, ...Object(more) },
  spec: { nodeName: 'n1', containers: [{ name: 'web', image: 'web:1' }] },
  status,
})
const container = (state: unknown) => ({ containerStatuses: [{ name: 'web', restartCount: 3, ...Object(state) }] })

describe('a pod', () => {
  it.each([
    ['ready', { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] }],
    ['pulling', { phase: 'Pending', ...container({ state: { waiting: { reason: 'ContainerCreating' } } }) }],
    ['failed', { phase: 'Pending', ...container({ state: { waiting: { reason: 'ImagePullBackOff' } } }) }],
    ['failed', { phase: 'Running', ...container({ state: { waiting: { reason: 'CrashLoopBackOff' } } }) }],
    ['exited', { phase: 'Succeeded' }],
    ['unknown', {}],
  ])('is %s', (phase, status) => {
    expect(replicaOf(pod(status), 'rack', NONE).phase).toBe(phase)
  })
  it('that is being deleted is stopping and not ready', () => {
    const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] }
    const going = pod(status, { deletionTimestamp: '2026-01-01T00:00:00Z' })
    expect(replicaOf(going, 'rack', NONE)).toMatchObject({ phase: 'stopping', ready: false })
  })
  it('tells why it waits and how it ended last', () => {
    const status = container({
      state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 10s' } },
      lastState: { terminated: { exitCode: 137, reason: 'OOMKilled', finishedAt: '2026-01-01T00:00:00Z' } },
    })
    expect(replicaOf(pod({ phase: 'Running', ...status }), 'rack', NONE)).toMatchObject({
      reason: 'CrashLoopBackOff: back-off 10s',
      restarts: 3,
      lastExit: { code: 137, oomKilled: true },
    })
  })
  it('runs the release of the ReplicaSet that made it', () => {
    const set = { metadata: { uid: 'rs', annotations: { 'stormport.dev/release': '4' } } }
    const made = pod({}, { ownerReferences: [{ uid: 'rs', controller: true }] })
    expect(replicaOf(made, 'rack', ownersOf([set])).release).toBe(4)
  })
})
