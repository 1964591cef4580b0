// The client against a server over HTTP: what is repeated, how many connections it takes, what it says.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FakeKubeApi, startFakeKubeApi } from '../../../test/fakes/kube-api/index.ts'
import { textAt } from '../raw.ts'
import type { UserAuth } from './access.ts'
import { createKubeApi, type KubeApi } from './api.ts'
import { bearer } from './credentials.ts'
import type { PluginPolicy } from './exec-plugin.ts'

const NO_PLUGIN: PluginPolicy = { mode: 'ask', allowed: [], ask: null, env: {} }
const soon = (): AbortSignal => AbortSignal.timeout(10_000)

let server: FakeKubeApi
let api: KubeApi
const connect = (user: UserAuth, url = server.url): KubeApi =>
  createKubeApi({ server: url, ca: null, tlsServerName: null, namespace: null, context: 'fake', user }, NO_PLUGIN)

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
  it('begin a list again when its page token has expired', async () => {
    const before = server.requests.length
    server.faults.plan({ fault: { kind: 'status', status: 410 }, query: 'continue=', times: 1 })
    const { items } = await api.list('/api/v1/namespaces', {}, soon())
    const names = items.map((item) => textAt(item, 'metadata.name'))
    expect(new Set(names).size).toBe(names.length)
    expect(names.length).toBeGreaterThanOrEqual(6)
    expect(server.requests.slice(before).filter((line) => !line.includes('continue='))).toHaveLength(2)
  })
  it('give up a list whose page tokens expire every time', async () => {
    const undo = server.faults.plan({ fault: { kind: 'status', status: 410 }, query: 'continue=' })
    await expect(api.list('/api/v1/namespaces', {}, soon())).rejects.toMatchObject({ code: 'Unreachable' })
    undo()
  })
  it('end with what the server said last when their time is over', async () => {
    const undo = server.faults.plan({ fault: { kind: 'status', status: 429, retryAfterMs: 5_000 } })
    const failure = await api.find('/version', AbortSignal.timeout(200)).catch((error: unknown) => error)
    undo()
    expect(failure).toMatchObject({ code: 'Throttled', details: { hint: expect.stringContaining('less busy') } })
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

describe('a write that takes long', () => {
  const slow = async (onVersion: (response: ServerResponse) => void) => {
    const held: ServerResponse[] = []
    const slowServer = createServer((request, response) => {
      if (request.url === '/version') onVersion(response)
      else held.push(response)
    })
    await new Promise<void>((resolve) => slowServer.listen(0, '127.0.0.1', resolve))
    const own = connect({ kind: 'anonymous' }, `http://127.0.0.1:${(slowServer.address() as AddressInfo).port}`)
    const close = async (): Promise<void> => {
      own.close()
      slowServer.closeAllConnections()
      await new Promise((resolve) => slowServer.close(resolve))
    }
    return { own, held, close }
  }
  const write = (own: KubeApi) => own.send({ method: 'PATCH', path: '/slow' }, AbortSignal.timeout(25_000))

  it('is waited for while the server lives', async () => {
    let asked = 0
    const { own, held, close } = await slow((response) => {
      asked += 1
      response.end('{}')
      // The webhook that was waited for has answered.
      held[0]?.end('{"done":true}')
    })
    expect(await write(own)).toMatchObject({ body: { done: true } })
    expect(asked).toBe(1)
    await close()
  })
  it('is given up when the server says nothing at all', async () => {
    const { own, close } = await slow(() => undefined)
    await expect(write(own)).rejects.toMatchObject({
      code: 'Unreachable',
      message: expect.stringContaining('does not answer: no answer in 10 s'),
    })
    await close()
  })
})

it('a webhook that the API server could not ask is not asked again at once', async () => {
  const message = 'Internal error occurred: failed calling webhook "a.example.com": context deadline exceeded'
  let asked = 0
  const hooked = createServer((_, response) => {
    asked += 1
    response.writeHead(500).end(JSON.stringify({ kind: 'Status', code: 500, message }))
  })
  await new Promise<void>((resolve) => hooked.listen(0, '127.0.0.1', resolve))
  const own = connect({ kind: 'anonymous' }, `http://127.0.0.1:${(hooked.address() as AddressInfo).port}`)
  await expect(own.send({ method: 'PATCH', path: '/x' }, soon())).rejects.toMatchObject({
    code: 'Timeout',
    details: { retry: 'later', hint: 'look at admission webhook a.example.com, which does not answer' },
  })
  expect(asked).toBe(1)
  own.close()
  await new Promise((resolve) => hooked.close(resolve))
})

describe('a credential that the server refuses', () => {
  const expiring = (url = server.url) => {
    let made = 0
    const get = async () => {
      made += 1
      return bearer(`token-${made}`)
    }
    return { api: connect({ kind: 'provided', get }, url), made: () => made }
  }

  it('is renewed once, however many requests it was refused to', async () => {
    const strict = createServer((request, response) => {
      response.writeHead(request.headers.authorization === 'Bearer token-2' ? 200 : 401).end('{}')
    })
    await new Promise<void>((resolve) => strict.listen(0, '127.0.0.1', resolve))
    const { port } = strict.address() as AddressInfo
    const { api: own, made } = expiring(`http://127.0.0.1:${port}`)
    await Promise.all(Array.from({ length: 8 }, () => own.find('/version', soon())))
    expect(made()).toBe(2)
    own.close()
    await new Promise((resolve) => strict.close(resolve))
  })
  it('is an error when the renewed one is refused, too', async () => {
    const { api: own, made } = expiring()
    const undo = server.faults.plan({ fault: { kind: 'status', status: 401 } })
    await expect(own.find('/version', soon())).rejects.toMatchObject({
      code: 'Unauthenticated',
      details: { hint: expect.stringContaining('sign in again') },
    })
    undo()
    expect(made()).toBe(2)
    own.close()
  })
  it('is read again from its file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'token-'))
    const path = join(folder, 'token')
    await writeFile(path, 'old')
    const own = connect({ kind: 'tokenFile', path })
    const undo = server.faults.plan({ fault: { kind: 'status', status: 401 }, times: 1 })
    const asked = own.find('/api/v1/nodes/fake-1', soon())
    await writeFile(path, 'new')
    expect(await asked).not.toBeNull()
    undo()
    own.close()
    await rm(folder, { recursive: true })
  })
})
