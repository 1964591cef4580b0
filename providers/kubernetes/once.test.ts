// Compare-and-set while lines break and servers stumble: one write, one effect, and no lost race that nobody won.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { target } from '../../test/builders/app.ts'
import { kubeconfigFor } from '../../test/fakes/kube-api/harness.ts'
import { type FakeKubeApi, startFakeKubeApi } from '../../test/fakes/kube-api/index.ts'
import { type Cluster, createClusters } from './cluster.ts'
import { takeLease } from './lease.ts'
import { readDocument, writeDocument } from './record-store.ts'

let server: FakeKubeApi
let folder: string
let cluster: Cluster
let close: () => void

beforeAll(async () => {
  server = await startFakeKubeApi()
  folder = await mkdtemp(join(tmpdir(), 'once-'))
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

const soon = (): AbortSignal => AbortSignal.timeout(15_000)
let names = 0
const fresh = (): { readonly app: string; readonly name: string } => {
  names += 1
  return { app: `app-${names}`, name: 'document' }
}
const holder = { host: 'h', bootId: 'b', pid: 1, startTicks: '1', user: 'u', command: 'deploy' }

describe.each([
  { what: 'is cut before the write', fault: { kind: 'unreachable' } },
  { what: 'is cut after the write', fault: { kind: 'dropAfterCommit' } },
  { what: 'stumbles', fault: { kind: 'status', status: 503 } },
  { what: 'is too busy', fault: { kind: 'status', status: 429, retryAfterMs: 10 } },
] as const)('when the server $what', ({ fault }) => {
  it.each(['POST', 'PUT'] as const)('a document is written once by %s', async (method) => {
    const at = fresh()
    await writeDocument(cluster, { ...at, text: 'old', version: null }, soon())
    const before = await readDocument(cluster, at, soon())
    const other = method === 'PUT' ? at : { ...at, name: 'second' }
    const version = method === 'PUT' ? (before?.version ?? null) : null
    server.faults.plan({ fault, method, path: '/secrets', times: 1 })
    await writeDocument(cluster, { ...other, text: 'new', version }, soon())
    expect(await readDocument(cluster, other, soon())).toMatchObject({ text: 'new' })
  })
  it('a lease is taken once', async () => {
    const { app } = fresh()
    await writeDocument(cluster, { app, name: 'makes-the-namespace', text: '', version: null }, soon())
    server.faults.plan({ fault, method: 'POST', path: '/leases', times: 1 })
    const lease = await takeLease(cluster, { app, holder, ttlMs: 15_000 })
    await expect(
      takeLease(cluster, { app, holder: { ...holder, host: 'other' }, ttlMs: 15_000 }),
    ).rejects.toMatchObject({ code: 'Conflict', message: expect.stringContaining('held by u@h (deploy, pid 1)') })
    await lease.release()
  })
})

it('a race that somebody else has won while the line was broken is lost', async () => {
  const at = fresh()
  await writeDocument(cluster, { ...at, text: 'old', version: null }, soon())
  const before = await readDocument(cluster, at, soon())
  await writeDocument(cluster, { ...at, text: 'theirs', version: before?.version ?? null }, soon())
  server.faults.plan({ fault: { kind: 'unreachable' }, method: 'PUT', path: '/secrets', times: 1 })
  await expect(
    writeDocument(cluster, { ...at, text: 'ours', version: before?.version ?? null }, soon()),
  ).rejects.toMatchObject({ code: 'Conflict' })
  expect(await readDocument(cluster, at, soon())).toMatchObject({ text: 'theirs' })
})
