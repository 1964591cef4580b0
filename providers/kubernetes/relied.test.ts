// Which Secrets need no look, over raw answers of an API server.
import { expect, it } from 'vitest'
import { APP_CONFIG_MAP, commonLabels, MANAGER, SERVICE_LABEL } from './names.ts'
import { field, type RawObject } from './raw.ts'
import { reliedSecrets } from './relied.ts'

const NAME = 'web-env-0123456789'
const managedFields = [{ manager: MANAGER, operation: 'Apply' }]
const env = [{ name: 'TOKEN', valueFrom: { secretKeyRef: { name: NAME, key: 'TOKEN' } } }]

interface Over {
  readonly spec?: RawObject
  readonly status?: RawObject
  readonly pod?: RawObject
  readonly metadata?: RawObject
  readonly marks?: RawObject
}

const ready = { observedGeneration: 3, replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 }

const relied = ({ spec, status, pod, metadata, marks }: Over = {}): readonly string[] => {
  const labels = commonLabels({ app: 'shop', service: 'web' })
  const workload = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', uid: 'u1', generation: 3, labels, managedFields, ...metadata },
    spec: { replicas: 2, template: { spec: pod ?? { containers: [{ env }] } }, ...spec },
    status: { ...ready, ...status },
  }
  const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: APP_CONFIG_MAP }, data: marks ?? MARKS }
  const snapshot = { objects: [workload, map], pods: [], replicaSets: [], events: [] }
  return [...reliedSecrets(snapshot, { app: 'shop', namespace: 'shop', nowMs: 0 }).keys()]
}

const MARKS = { [`secret.${NAME}`]: 'hash' }

it('a Secret that a ready workload takes its environment or its files from is relied on', () => {
  expect(relied()).toEqual([NAME])
  expect(relied({ pod: { volumes: [{ projected: { sources: [{ secret: { name: NAME } }] } }] } })).toEqual([NAME])
  expect(relied({ pod: { volumes: [{ secret: { secretName: NAME } }] } })).toEqual([NAME])
})

it('a workload that is not ready at the very spec that stands there proves nothing', () => {
  expect(relied({ status: { readyReplicas: 1, availableReplicas: 1 } })).toEqual([])
  expect(relied({ status: { updatedReplicas: 1 } })).toEqual([])
  expect(relied({ metadata: { generation: 4 } })).toEqual([])
  expect(relied({ status: { observedGeneration: undefined } })).toEqual([])
  expect(relied({ spec: { replicas: 0 }, status: { readyReplicas: 0, availableReplicas: 0 } })).toEqual([])
})

it('a workload of others proves nothing', () => {
  expect(relied({ metadata: { managedFields: [{ manager: 'kubectl', operation: 'Apply' }] } })).toEqual([])
})

it('a Secret without which pods begin, too, is looked for', () => {
  const optional = [{ valueFrom: { secretKeyRef: { name: NAME, key: 'TOKEN', optional: true } } }]
  expect(relied({ pod: { containers: [{ env: optional }] } })).toEqual([])
})

it('a Secret that is not counted up, was found gone or carries no hash is looked for', () => {
  expect(relied({ marks: {} })).toEqual([])
  expect(relied({ marks: { [`secret.${NAME}`]: '' } })).toEqual([])
  const named = [{ valueFrom: { secretKeyRef: { name: 'token', key: 'TOKEN' } } }]
  expect(relied({ pod: { containers: [{ env: named }] }, marks: { 'secret.token': 'hash' } })).toEqual([])
})

it('a Secret of an environment belongs to its service, one of files to the app', () => {
  const labelsOf = (pod: RawObject): unknown => {
    const labels = commonLabels({ app: 'shop', service: 'web' })
    const workload = {
      kind: 'Deployment',
      metadata: { name: 'web', generation: 3, labels, managedFields },
      spec: { replicas: 2, template: { spec: pod } },
      status: ready,
    }
    const map = { kind: 'ConfigMap', metadata: { name: APP_CONFIG_MAP }, data: MARKS }
    const snapshot = { objects: [workload, map], pods: [], replicaSets: [], events: [] }
    const found = reliedSecrets(snapshot, { app: 'shop', namespace: 'shop', nowMs: 0 }).get(NAME)
    return field(found, 'metadata.labels')
  }
  expect(labelsOf({ containers: [{ env }] })).toMatchObject({ [SERVICE_LABEL]: 'web' })
  expect(labelsOf({ volumes: [{ secret: { secretName: NAME } }] })).not.toHaveProperty([SERVICE_LABEL])
})
