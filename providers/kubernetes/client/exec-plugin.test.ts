// Credential plugins, as real programs, against an API server that wants their token.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { target } from '../../../test/builders/app.ts'
import { type FakeKubeApi, startFakeKubeApi } from '../../../test/fakes/kube-api/index.ts'
import { createKubernetesProvider, type KubernetesProviderOptions } from '../index.ts'

const never = new AbortController().signal
const folder = mkdtempSync(join(tmpdir(), 'exec-plugin-'))
const plugin = join(folder, 'sign-in')
const open: { api?: FakeKubeApi } = {}

const CREDENTIAL = JSON.stringify({
  apiVersion: 'client.authentication.k8s.io/v1',
  kind: 'ExecCredential',
  status: { token: 'canary-token-of-the-plugin' },
})

beforeAll(async () => {
  open.api = await startFakeKubeApi()
  writeFileSync(plugin, `#!${process.execPath}\nprocess.stdout.write(${JSON.stringify(CREDENTIAL)})\n`)
  chmodSync(plugin, 0o700)
})
afterAll(async () => {
  await open.api?.close()
  rmSync(folder, { recursive: true })
})

const provider = (options: Partial<KubernetesProviderOptions>, settings: Readonly<Record<string, unknown>> = {}) => {
  const kubeconfig = join(folder, 'config')
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: plugin, args: ['--for', 'shop'] }
  const config = {
    clusters: [{ name: 'c', cluster: { server: open.api?.url } }],
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    users: [{ name: 'u', user: { exec } }],
    'current-context': 'c',
  }
  writeFileSync(kubeconfig, JSON.stringify(config))
  const at = target('rack', { provider: 'kubernetes', settings: { kubeconfig, ...settings } })
  return { at, made: createKubernetesProvider({ env: {}, askPlugin: null, ...options }) }
}

describe('a credential plugin', () => {
  it('runs when the environment or the user’s own list names it', async () => {
    for (const options of [{ env: { STORMPORT_EXEC_PLUGINS: plugin } }, { allowedPlugins: () => [plugin] }]) {
      const { at, made } = provider(options)
      await made.signIn?.(at, never)
      expect((await made.observe(at, 'shop', never)).reachable).toBe(true)
      await made.close()
    }
  })

  it('is asked about before anything is sent, with the words that would run', async () => {
    const asked: unknown[] = []
    const { at, made } = provider({ askPlugin: async (question) => asked.push(question) > 0 })
    const before = open.api?.requests.length
    await made.signIn?.(at, never)
    expect(open.api?.requests.length).toBe(before)
    expect(asked).toEqual([{ command: plugin, args: ['--for', 'shop'] }])
    await made.close()
  })

  it('that nobody allowed is refused with the exact way to allow it, and is not run', async () => {
    const { at, made } = provider({})
    await expect(made.signIn?.(at, never)).rejects.toMatchObject({
      code: 'Unauthenticated',
      details: { diagnostic: 'SP4353', hint: expect.stringContaining(`STORMPORT_EXEC_PLUGINS=${plugin}`) },
    })
    await expect(made.observe(at, 'shop', never)).rejects.toMatchObject({ code: 'Unauthenticated' })
    await made.close()
  })

  it('never runs where the target says so, whoever allows it', async () => {
    const { at, made } = provider({ allowedPlugins: () => [plugin] }, { execPlugins: 'never' })
    await expect(made.signIn?.(at, never)).rejects.toMatchObject({ code: 'Unauthenticated' })
    await made.close()
  })
})
