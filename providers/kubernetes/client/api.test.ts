// The client against a server over HTTP: what is repeated, how many connections it takes, what it says.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FakeKubeApi, startFakeKubeApi } from '../../../test/fakes/kube-api/index.ts'
import type { UserAuth } from './access.ts'
import { createKubeApi, type KubeApi } from './api.ts'
import type { PluginPolicy } from './exec-plugin.ts'

const NO_PLUGIN: PluginPolicy = { mode: 'ask', allowed: [], ask: null, env: {} }
const soon = (): AbortSignal => AbortSignal.timeout(10_000)

let server: FakeKubeApi
let api: KubeApi
const connect = (user: UserAuth): KubeApi =>
  createKubeApi(
    { server: server.url, ca: null, tlsServerName: null, namespace: null, context: 'fake', user },
    NO_PLUGIN,
  )

beforeAll(async () => {
  server = await startFakeKubeApi()
  api = connect({ kind: 'token', token: 'canary-of-a-token' })
})
afterAll(async () => {
  api.close()
  await server.close()
})

describe('requests', () => {
  it('go over kept connections', async () => {
    const before = server.connections()
    for (let i = 0; i < 50; i += 1) await api.find('/api/v1/nodes/fake-1', soon())
    expect(server.connections() - before).toBeLessThanOrEqual(1)
  })
  it('are repeated when the server asks for it', async () => {
    server.faults.plan({ fault: { kind: 'status', status: 429, retryAfterMs: 10 }, times: 2 })
    expect(await api.find('/api/v1/nodes/fake-1', soon())).not.toBeNull()
  })
  it('are repeated when the line breaks', async () => {
    server.faults.plan({ fault: { kind: 'unreachable' }, times: 2 })
    expect(await api.find('/api/v1/nodes/fake-1', soon())).not.toBeNull()
  })
  it('read every page of a list', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e'])
      await api.send(
        { method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name: `page-${name}` } } },
        soon(),
      )
    const { items } = await api.list('/api/v1/namespaces', {}, soon())
    expect(items.length).toBeGreaterThanOrEqual(6)
  })
  it('say what is forbidden, and never the credential', async () => {
    server.faults.plan({ fault: { kind: 'status', status: 403 }, times: 1 })
    const failure = await api.find('/api/v1/nodes/fake-1', soon()).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'Forbidden', details: { hint: expect.stringContaining('--rbac') } })
    expect(JSON.stringify(failure)).not.toContain('canary')
  })
  it('do not run a program that the kubeconfig names unless it was allowed', async () => {
    const plugin = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: 'steal-credentials',
      args: [],
      env: {},
      provideClusterInfo: false,
      installHint: null,
    }
    const failure = await connect({ kind: 'exec', plugin })
      .find('/version', soon())
      .catch((error: unknown) => error)
    expect(failure).toMatchObject({
      code: 'Unauthenticated',
      details: { hint: expect.stringContaining('STORMPORT_EXEC_PLUGINS=steal-credentials') },
    })
  })
})
