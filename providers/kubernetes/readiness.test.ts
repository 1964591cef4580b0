import { describe, expect, it } from 'vitest'
import { codes } from '../../core/model/codes/index.ts'
import type { RawObject } from './raw.ts'
import { type Related, readinessCode, readinessOf } from './readiness.ts'

const NOW = Date.parse('2026-01-01T00:10:00Z')
const ago = (seconds: number): string => new Date(NOW - seconds * 1000).toISOString()

const related = (over: Partial<Related> = {}): Related => ({
  pods: [],
  replicaSets: [],
  events: [],
  nowMs: NOW,
  ...over,
})

const object = (kind: string, parts: { spec?: object; status?: object; metadata?: object } = {}): RawObject => ({
  kind,
  metadata: { name: 'web', uid: `uid-${kind}`, generation: 1, ...parts.metadata },
  spec: parts.spec ?? {},
  status: parts.status ?? {},
})

const complete = { observedGeneration: 1, replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 }
const deployment = (status: object, over = {}): RawObject =>
  object('Deployment', {
    spec: { replicas: 2 },
    status,
    metadata: { annotations: { 'deployment.kubernetes.io/revision': '2' }, ...over },
  })

const owned = (by: string) => [{ uid: by }]
const newSet = {
  metadata: {
    uid: 'new-set',
    ownerReferences: owned('uid-Deployment'),
    annotations: { 'deployment.kubernetes.io/revision': '2' },
  },
}

const pod = (
  container: object,
  over: { owner?: string; conditions?: object[]; metadata?: object; spec?: object } = {},
): RawObject => ({
  kind: 'Pod',
  metadata: { name: 'web-1', ownerReferences: owned(over.owner ?? 'new-set'), ...over.metadata },
  spec: over.spec ?? {},
  status: {
    phase: 'Running',
    conditions: over.conditions ?? [],
    containerStatuses: [{ name: 'web', image: 'web:1', ready: false, restartCount: 0, ...container }],
  },
})

const crashed = (restartCount: number, last: object = {}) => ({
  restartCount,
  state: { waiting: { reason: 'CrashLoopBackOff' } },
  lastState: { terminated: { exitCode: 7, finishedAt: ago(20), ...last } },
})

describe('a Deployment', () => {
  const short = { ...complete, availableReplicas: 1, readyReplicas: 1 }
  const withPods = (...pods: RawObject[]) => readinessOf(deployment(short), related({ replicaSets: [newSet], pods }))

  it('is ready when all replicas are new, ready and alone', () => {
    expect(readinessOf(deployment(complete), related())).toEqual({ state: 'ready', retriable: true })
  })

  it.each([
    ['the newest version has not been seen', { ...complete, observedGeneration: 0 }, 'NotObserved'],
    ['replicas are old', { ...complete, updatedReplicas: 1 }, 'Updating'],
    ['old replicas are left', { ...complete, replicas: 3 }, 'Surplus'],
    ['a replica is not ready', short, 'NotReady'],
    ['nothing is known yet', {}, 'NotObserved'],
  ])('is on its way while %s', (_when, status, reason) => {
    expect(readinessOf(deployment(status), related())).toMatchObject({ state: 'progressing', reason })
  })

  it('waits for replicas that are being stopped, but not for those that a lost node keeps', () => {
    const leaving = (seconds: number) =>
      pod({}, { owner: 'uid-Deployment', metadata: { deletionTimestamp: ago(seconds) } })
    expect(readinessOf(deployment(complete), related({ pods: [leaving(1)] }))).toMatchObject({ reason: 'Draining' })
    expect(readinessOf(deployment(complete), related({ pods: [leaving(300)] })).state).toBe('ready')
  })

  it.each([
    ['ImagePullBackOff', { state: { waiting: { reason: 'ImagePullBackOff', message: 'back-off' } } }],
    ['ErrImagePull', { state: { waiting: { reason: 'ErrImagePull', message: 'manifest unknown' } } }],
    [
      'CreateContainerConfigError',
      { state: { waiting: { reason: 'CreateContainerConfigError', message: 'no secret' } } },
    ],
    ['CrashLoopBackOff', crashed(2)],
    ['OOMKilled', crashed(1, { reason: 'OOMKilled', exitCode: 137 })],
  ])('has failed for good by %s of a new replica', (reason, container) => {
    expect(withPods(pod(container))).toMatchObject({ state: 'failed', reason, retriable: false })
  })

  it.each([
    [
      'a pull that may succeed the next time',
      { state: { waiting: { reason: 'ErrImagePull', message: 'i/o timeout' } } },
    ],
    ['a second exit', crashed(1)],
    ['exits of another day', crashed(9, { finishedAt: ago(7200) })],
    ['exits of a replica that is ready again', { ...crashed(9), ready: true, state: { running: {} } }],
  ])('has not failed by %s', (_what, container) => {
    expect(withPods(pod(container))).toMatchObject({ state: 'progressing' })
  })

  it.each([
    ['rpc error: code = NotFound desc = failed to resolve reference: not found', 'ImageNotFound'],
    ['pull access denied, repository does not exist or may require authorization', 'Forbidden'],
    ['i/o timeout', undefined],
  ])('knows from what the registry answers whether the image is there: %s', (message, failedReason) => {
    const waiting = { state: { waiting: { reason: 'ImagePullBackOff', message } } }
    expect(withPods(pod(waiting)).failedReason).toBe(failedReason)
  })

  it('does not fail by replicas of the version before', () => {
    expect(withPods(pod(crashed(5), { owner: 'old-set' }))).toMatchObject({ state: 'progressing' })
  })

  it('lets a pod look for a node before it says that none fits', () => {
    const waiting = (seconds: number) =>
      pod(
        {},
        {
          conditions: [
            {
              type: 'PodScheduled',
              status: 'False',
              reason: 'Unschedulable',
              message: '0/3 nodes',
              lastTransitionTime: ago(seconds),
            },
          ],
        },
      )
    expect(withPods(waiting(5))).toMatchObject({ state: 'progressing', reason: 'Unschedulable' })
    expect(withPods(waiting(20))).toMatchObject({ state: 'failed', retriable: true, message: '0/3 nodes' })
    expect(withPods(waiting(40))).toMatchObject({ state: 'failed', retriable: false })
    const patient = related({ replicaSets: [newSet], pods: [waiting(20)], unschedulableMs: 600_000 })
    expect(readinessOf(deployment(short), patient).state).toBe('progressing')
  })

  it('says why its pods are refused', () => {
    const refused = (message: string, seconds = 5, more: readonly object[] = []) =>
      readinessOf(
        deployment({
          ...short,
          conditions: [{ type: 'ReplicaFailure', status: 'True', message, lastTransitionTime: ago(seconds) }, ...more],
        }),
        related(),
      )
    expect(refused('exceeded quota: small')).toMatchObject({ state: 'failed', retriable: true })
    expect(refused('exceeded quota: small', 30)).toMatchObject({ state: 'failed', retriable: false })
    const gettingOn = [{ type: 'Progressing', status: 'True', lastTransitionTime: ago(60), lastUpdateTime: ago(2) }]
    expect(refused('exceeded quota: small', 30, gettingOn)).toMatchObject({ state: 'failed', retriable: true })
    expect(refused('forbidden: violates PodSecurity "restricted:latest"')).toMatchObject({ retriable: false })
  })

  it('has failed when its own deadline has passed', () => {
    const late = {
      ...short,
      conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }],
    }
    expect(readinessOf(deployment(late), related())).toMatchObject({
      state: 'failed',
      reason: 'ProgressDeadlineExceeded',
    })
  })
})

describe('the other workloads', () => {
  const set = (status: object) => object('StatefulSet', { spec: { replicas: 1 }, status })
  const done = {
    observedGeneration: 1,
    replicas: 1,
    updatedReplicas: 1,
    availableReplicas: 1,
    currentRevision: 'a',
    updateRevision: 'a',
  }

  it('a StatefulSet is ready when its update is finished', () => {
    expect(readinessOf(set(done), related()).state).toBe('ready')
    expect(readinessOf(set({ ...done, currentRevision: 'old' }), related())).toMatchObject({ reason: 'Updating' })
    expect(readinessOf(set({ ...done, availableReplicas: 0 }), related())).toMatchObject({ reason: 'NotReady' })
  })

  it('a StatefulSet says in an event why its pods are refused', () => {
    const events = [{ reason: 'FailedCreate', message: 'exceeded quota', involvedObject: { uid: 'uid-StatefulSet' } }]
    expect(readinessOf(set({ observedGeneration: 1 }), related({ events }))).toMatchObject({ reason: 'PodsRefused' })
  })

  it('a DaemonSet without nodes is ready and says so', () => {
    const daemons = (status: object) =>
      readinessOf(object('DaemonSet', { status: { observedGeneration: 1, ...status } }), related())
    expect(daemons({ desiredNumberScheduled: 0 })).toMatchObject({ state: 'ready', reason: 'NoNode' })
    const all = { desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2, currentNumberScheduled: 2 }
    expect(daemons(all).state).toBe('ready')
    expect(daemons({ ...all, numberAvailable: 1 })).toMatchObject({ reason: 'NotReady' })
  })

  it('a Job is ready when it is complete, and failed when it gave up', () => {
    const job = (type: string) =>
      object('Job', { status: { conditions: [{ type, status: 'True', message: 'backoff' }] } })
    expect(readinessOf(job('Complete'), related()).state).toBe('ready')
    expect(readinessOf(job('Failed'), related())).toMatchObject({ state: 'failed', retriable: false })
    expect(readinessOf(object('Job', { status: { active: 1 } }), related())).toMatchObject({ reason: 'Running' })
    expect(readinessOf(object('Job', { spec: { suspend: true } }), related())).toMatchObject({ reason: 'Suspended' })
  })
})

describe('everything else', () => {
  it('a claim waits only for pods that ask for it', () => {
    const claim = (phase: string) => object('PersistentVolumeClaim', { status: { phase } })
    const user = (nodeName?: string) =>
      pod(
        {},
        { spec: { volumes: [{ persistentVolumeClaim: { claimName: 'web' } }], ...(nodeName ? { nodeName } : {}) } },
      )
    expect(readinessOf(claim('Bound'), related()).state).toBe('ready')
    expect(readinessOf(claim('Pending'), related()).state).toBe('ready')
    expect(readinessOf(claim('Pending'), related({ pods: [user()] })).state).toBe('progressing')
    expect(readinessOf(claim('Pending'), related({ pods: [user('n1')] })).state).toBe('ready')
    expect(readinessOf(claim('Lost'), related())).toMatchObject({ state: 'failed', retriable: false })
  })

  it('a load balancer without address holds nothing up for longer than it was told to', () => {
    const service = object('Service', { spec: { type: 'LoadBalancer' }, metadata: { creationTimestamp: ago(10) } })
    expect(readinessOf(service, related())).toMatchObject({ state: 'ready', reason: 'AddressPending' })
    expect(readinessOf(service, related({ addressWaitMs: 15_000 })).state).toBe('progressing')
    expect(readinessOf(service, related({ addressWaitMs: 5_000 })).state).toBe('ready')
  })

  it('a route is refused by the Gateway that says so', () => {
    const route = (status: string) =>
      object('HTTPRoute', {
        status: { parents: [{ conditions: [{ type: 'Accepted', status, reason: 'NoMatchingParent' }] }] },
      })
    expect(readinessOf(route('True'), related()).state).toBe('ready')
    expect(readinessOf(route('False'), related())).toMatchObject({ state: 'failed', reason: 'NoMatchingParent' })
  })

  it('a namespace that is being removed says what holds it', () => {
    const conditions = [{ type: 'NamespaceFinalizersRemaining', status: 'True', message: 'foo.io/bar in 1 resource' }]
    const going = object('Namespace', { status: { phase: 'Terminating', conditions } })
    expect(readinessOf(going, related())).toMatchObject({
      state: 'failed',
      message: expect.stringContaining('foo.io/bar'),
    })
  })

  it('an autoscaler without metrics is said, not waited for', () => {
    const conditions = [
      { type: 'ScalingActive', status: 'False', reason: 'FailedGetResourceMetric', message: 'no metrics' },
    ]
    const scaler = object('HorizontalPodAutoscaler', { status: { conditions } })
    expect(readinessOf(scaler, related())).toMatchObject({ state: 'ready', message: 'no metrics' })
  })

  it('what is being removed is not ready, and what has no rule is', () => {
    const gone = object('ConfigMap', { metadata: { deletionTimestamp: ago(1) } })
    expect(readinessOf(gone, related())).toMatchObject({ reason: 'Terminating' })
    expect(readinessOf(object('ConfigMap'), related()).state).toBe('ready')
    const own = object('Widget', { status: { conditions: [{ type: 'Ready', status: 'False', reason: 'Broken' }] } })
    expect(readinessOf(own, related())).toMatchObject({ state: 'progressing', reason: 'Broken' })
  })

  it('reasons have codes that can be explained', () => {
    for (const reason of ['ImagePullBackOff', 'CrashLoopBackOff', 'Unschedulable', 'PodsRefused', 'OOMKilled'])
      expect(Object.keys(codes)).toContain(readinessCode(reason))
    expect(readinessCode('Updating')).toBeNull()
  })
})
