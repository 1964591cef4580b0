// What is said of a failure at the moment when it is told: warnings first, then the object with the last lines of its pod.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ObservedObject, Readiness, StateDelta } from '../../core/model/replica.ts'
import { target } from '../../test/builders/app.ts'
import { kubeconfigFor } from '../../test/fakes/kube-api/harness.ts'
import { type FakeKubeApi, startFakeKubeApi } from '../../test/fakes/kube-api/index.ts'
import { updateFields } from '../../test/fakes/kube-api/ownership.ts'
import { type Cluster, createClusters } from './cluster.ts'
import { withLastWords } from './last-words.ts'

let server: FakeKubeApi
let folder: string
let cluster: Cluster
let close: () => void

const LABELS = { 'stormport.dev/app': 'shop', 'stormport.dev/service': 'web' }
const put = (plural: string, body: { readonly metadata: { readonly name: string } }): void => {
  const place = { group: '', plural, namespace: 'shop', name: body.metadata.name }
  server.store.put(place, updateFields(null, { apiVersion: 'v1', ...body }, 'kubectl'))
}

const event = (type: string, reason: string, message: string) => ({
  kind: 'Event',
  metadata: { name: reason.toLowerCase(), namespace: 'shop' },
  type,
  reason,
  message,
  involvedObject: { kind: 'Pod', name: 'web-bad' },
  lastTimestamp: new Date().toISOString(),
})

beforeAll(async () => {
  server = await startFakeKubeApi()
  folder = await mkdtemp(join(tmpdir(), 'words-'))
  const kubeconfig = join(folder, 'kubeconfig')
  await writeFile(kubeconfig, kubeconfigFor(server.url))
  const clusters = createClusters({ env: {}, askPlugin: null })
  close = clusters.close
  cluster = clusters.of(target('one', { provider: 'kubernetes', settings: { kubeconfig } }))
  const container = { name: 'web' }
  const pod = (name: string, restartCount: number) => ({
    kind: 'Pod',
    metadata: { name, namespace: 'shop', labels: LABELS },
    spec: { containers: [container] },
    status: { phase: 'Running', containerStatuses: [{ name: 'web', restartCount, state: { waiting: {} } }] },
  })
  put('pods', pod('web-calm', 1))
  put('pods', pod('web-bad', 4))
  put('events', event('Warning', 'BackOff', 'restarting failed container'))
  put('events', event('Normal', 'Pulled', 'the image was there'))
})
afterAll(async () => {
  close()
  await server.close()
  await rm(folder, { recursive: true })
})

const object = (readiness: Readiness, hash = 'h1'): StateDelta => {
  const seen: Partial<ObservedObject> = { id: 'apps/Deployment/shop/web', hash, service: 'web', readiness }
  return { kind: 'object', object: seen as ObservedObject } // what the words look at
}
const FAILED: Readiness = { state: 'failed', reason: 'CrashLoopBackOff', message: 'exited', retriable: false }

const told = async (...deltas: readonly StateDelta[]): Promise<readonly StateDelta[]> => {
  const source = async function* (): AsyncIterable<StateDelta> {
    yield* deltas
  }
  return Array.fromAsync(withLastWords(cluster, { app: 'shop', deltas: source() }, AbortSignal.timeout(20_000)))
}

describe('a failure', () => {
  it('is told with its warnings before and the lines of the pod that ended most often', async () => {
    server.controllers.say('web-bad', 'cannot open the ledger')
    server.controllers.say('web-calm', 'all is well')
    const [event, failed, ...rest] = await told(object(FAILED))
    expect(event).toMatchObject({ kind: 'event', service: 'web', message: 'BackOff: restarting failed container' })
    expect(failed).toMatchObject({
      object: { readiness: { ...FAILED, lastLogs: [expect.stringContaining('cannot open the ledger')] } },
    })
    expect(rest).toEqual([])
  })
  it('is asked about once, however often it is told', async () => {
    const before = server.requests.length
    const all = await told(object(FAILED), object(FAILED), object(FAILED))
    expect(all.map((d) => d.kind)).toEqual(['event', 'object', 'object', 'object'])
    expect(server.requests.slice(before).filter((line) => line.includes('/log'))).toHaveLength(1)
  })
  it('is told without them when the cluster does not say', async () => {
    const heal = server.faults.plan({ fault: { kind: 'status', status: 403 } })
    const all = await told(object(FAILED))
    heal()
    expect(all).toMatchObject([{ kind: 'object', object: { readiness: { ...FAILED, lastLogs: [] } } }])
  })
  it('to find a node is a wait where the cluster is making one', async () => {
    const unschedulable: Readiness = { state: 'failed', reason: 'Unschedulable', message: '0/3', retriable: false }
    expect(await told(object(unschedulable))).toMatchObject([
      { kind: 'event' },
      { object: { readiness: { state: 'failed' } } },
    ])
    put('events', event('Normal', 'TriggeredScaleUp', 'pod triggered scale-up: [{pool 1->2}]'))
    expect((await told(object(unschedulable))).at(-1)).toMatchObject({
      object: {
        readiness: {
          state: 'progressing',
          retriable: true,
          message: 'waits for a node that is being made: pod triggered scale-up: [{pool 1->2}]',
        },
      },
    })
  })
  it('that may pass is told as it is', async () => {
    const before = server.requests.length
    const passing = object({ ...FAILED, retriable: true })
    expect(await told(passing)).toEqual([passing])
    expect(server.requests.length).toBe(before)
  })
})
