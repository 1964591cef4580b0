// Watching an app while its API server stumbles: the wait goes on, and nothing is taken for gone.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { target } from '../../test/builders/app.ts'
import { kubeconfigFor } from '../../test/fakes/kube-api/harness.ts'
import { type FakeKubeApi, startFakeKubeApi } from '../../test/fakes/kube-api/index.ts'
import { updateFields } from '../../test/fakes/kube-api/ownership.ts'
import { type Cluster, createClusters } from './cluster.ts'
import { watchApp } from './watch.ts'

let server: FakeKubeApi
let folder: string
let cluster: Cluster
let close: () => void

beforeAll(async () => {
  server = await startFakeKubeApi()
  folder = await mkdtemp(join(tmpdir(), 'watch-'))
  const kubeconfig = join(folder, 'kubeconfig')
  await writeFile(kubeconfig, kubeconfigFor(server.url))
  const clusters = createClusters({ env: {}, askPlugin: null })
  close = clusters.close
  cluster = clusters.of(target('one', { provider: 'kubernetes', settings: { kubeconfig } }))
})
afterAll(async () => {
  close()
  await server.close()
  await rm(folder, { recursive: true })
})

const putNamespace = (): void => {
  const place = { group: '', plural: 'namespaces', namespace: '', name: 'shop' }
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' }, status: { phase: 'Active' } }
  server.store.put(place, updateFields(null, body, 'kubectl'))
}

/** Until the server has refused twice what is read by name. */
const refusedTwice = async (): Promise<void> => {
  const heal = server.faults.plan({ fault: { kind: 'status', status: 500 }, method: 'GET', path: '/namespaces/shop' })
  const before = server.requests.length
  const deadline = Date.now() + 10_000
  const asked = (): number =>
    server.requests.slice(before).filter((line) => line === 'GET /api/v1/namespaces/shop').length
  while (asked() < 4 && Date.now() < deadline) await sleep(20)
  heal()
  expect(asked()).toBeGreaterThanOrEqual(4)
}

it('a server that stumbles while a deploy waits does not end the wait', async () => {
  const told: string[] = []
  let hurt: Promise<void> | undefined
  for await (const delta of watchApp(cluster, 'shop', AbortSignal.timeout(20_000))) {
    told.push(delta.kind === 'object' ? delta.object.id : delta.kind)
    if (delta.kind === 'synced') hurt = refusedTwice().then(putNamespace)
    if (delta.kind === 'object') break
  }
  await hurt
  expect(told).toEqual(['synced', 'core/Namespace/shop'])
})
