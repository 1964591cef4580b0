// `proxy-url`: a real CONNECT proxy between the client and an API server.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { target } from '../../../test/builders/app.ts'
import { type ConnectProxy, startConnectProxy } from '../../../test/fakes/connect-proxy.ts'
import { type FakeKubeApi, startFakeKubeApi } from '../../../test/fakes/kube-api/index.ts'
import { createKubernetesProvider } from '../index.ts'

const never = new AbortController().signal
const folder = mkdtempSync(join(tmpdir(), 'proxy-'))
const open: { api?: FakeKubeApi; proxy?: ConnectProxy } = {}

beforeAll(async () => {
  open.api = await startFakeKubeApi()
  open.proxy = await startConnectProxy()
})
afterAll(async () => {
  open.proxy?.close()
  await open.api?.close()
  rmSync(folder, { recursive: true })
})

const through = (proxy: (port: number) => string) => {
  const kubeconfig = join(folder, 'config')
  const port = open.proxy?.port ?? 0
  const cluster = { server: open.api?.url, 'proxy-url': proxy(port) }
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      clusters: [{ name: 'c', cluster }],
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      users: [{ name: 'u', user: { token: 't' } }],
      'current-context': 'c',
    }),
  )
  const at = target('rack', { provider: 'kubernetes', settings: { kubeconfig } })
  return { at, provider: createKubernetesProvider({ env: {}, askPlugin: null }) }
}

describe('a cluster behind an HTTP proxy', () => {
  it('is reached through the tunnel, signed in as the address says', async () => {
    const { at, provider } = through((port) => `http://ana:s3cret-canary@127.0.0.1:${port}`)
    expect(await provider.observe(at, 'shop', never)).toMatchObject({ reachable: true, complete: true })
    const host = open.api?.url.replace('http://', '')
    expect(new Set(open.proxy?.tunnels)).toEqual(
      new Set([`${host} Basic ${Buffer.from('ana:s3cret-canary').toString('base64')}`]),
    )
    await provider.close()
  })

  it('that lets nobody through is unreachable, without the credentials in the words', async () => {
    const { at, provider } = through((port) => `http://127.0.0.1:${port}`)
    const error: unknown = await provider.observe(at, 'shop', AbortSignal.timeout(8_000)).catch((e: unknown) => e)
    expect(error).toMatchObject({ code: 'Unreachable' })
    expect(String(error)).not.toContain('s3cret')
    await provider.close()
  })

  it('of another kind is "not yet"', async () => {
    const { at, provider } = through(() => 'socks5://127.0.0.1:1')
    await expect(provider.observe(at, 'shop', never)).rejects.toMatchObject({ code: 'NotYet' })
    await provider.close()
  })
})
