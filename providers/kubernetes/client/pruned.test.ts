// What is kept of a listed item: all that readiness, replicas, capacity and logs read, and nothing of the rest.
import { expect, it } from 'vitest'
import { pruned } from './pruned.ts'

const managedFields = [{ manager: 'kubelet', fieldsV1: {} }]

it('a pod keeps where it runs, what its containers ask for, its claims and how it is', () => {
  const claim = { name: 'data', persistentVolumeClaim: { claimName: 'data' } }
  const main = { name: 'web', image: 'web:1', ports: [{ hostPort: 80 }], resources: { requests: { cpu: '1' } } }
  const status = {
    phase: 'Running',
    podIP: '10.0.0.1',
    conditions: [{ type: 'Ready', status: 'True' }],
    containerStatuses: [{ name: 'web', restartCount: 2, state: { running: {} }, volumeMounts: [{}] }],
  }
  const pod = {
    metadata: {
      name: 'web-1',
      labels: { a: 'b' },
      annotations: { c: 'd' },
      ownerReferences: [{ uid: 'u' }],
      managedFields,
    },
    spec: {
      nodeName: 'n1',
      overhead: { cpu: '1' },
      containers: [{ ...main, env: [{ name: 'A' }], volumeMounts: [{}] }],
      initContainers: [{ name: 'side', restartPolicy: 'Always' }],
      volumes: [claim, { name: 'token', projected: {} }],
      tolerations: [{}],
    },
    status,
  }
  expect(pruned('PodList', pod)).toEqual({
    metadata: { name: 'web-1', labels: { a: 'b' }, annotations: { c: 'd' }, ownerReferences: [{ uid: 'u' }] },
    spec: {
      nodeName: 'n1',
      overhead: { cpu: '1' },
      containers: [main],
      initContainers: [{ name: 'side', restartPolicy: 'Always' }],
      volumes: [claim],
    },
    status: { ...status, containerStatuses: [{ name: 'web', restartCount: 2, state: { running: {} } }] },
  })
})

it('a ReplicaSet goes without its template and the copy of what was applied to its Deployment', () => {
  const annotations = { 'deployment.kubernetes.io/revision': '3', 'stormport.dev/applied': '{}' }
  const set = {
    metadata: { name: 'web-1', annotations, managedFields },
    spec: { replicas: 2, template: {} },
    status: {},
  }
  expect(pruned('ReplicaSetList', set)).toEqual({
    metadata: { name: 'web-1', annotations: { 'deployment.kubernetes.io/revision': '3' } },
    spec: { replicas: 2 },
    status: {},
  })
})

it('a node goes without the names of its images', () => {
  const node = {
    metadata: { name: 'n1', managedFields },
    spec: {},
    status: { allocatable: { cpu: '8' }, images: [{}] },
  }
  expect(pruned('NodeList', node)).toEqual({
    metadata: { name: 'n1' },
    spec: {},
    status: { allocatable: { cpu: '8' } },
  })
})

it('an object of other kinds keeps everything, and who owns which field as text', () => {
  const deployment = { metadata: { name: 'web', managedFields }, spec: { template: {} }, status: { replicas: 1 } }
  for (const kind of ['DeploymentList', null])
    expect(pruned(kind, deployment)).toEqual({
      ...deployment,
      metadata: { name: 'web', managedFields: [{ manager: 'kubelet', fieldsV1: '{}' }] },
    })
  expect(pruned('DeploymentList', { metadata: { name: 'web' } })).toEqual({ metadata: { name: 'web' } })
})
