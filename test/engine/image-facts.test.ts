// What an image says of its user hardens the pods of a cluster, and goes on doing so when nobody can ask any more.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Engine } from '../../core/engine/api.ts'
import { createEngine } from '../../core/engine/index.ts'
import type { App } from '../../core/model/app.ts'
import { createKubernetesProvider } from '../../providers/kubernetes/index.ts'
import { field } from '../../providers/kubernetes/raw.ts'
import { app, fleet, service, target } from '../builders/app.ts'
import { kubeconfigFor } from '../fakes/kube-api/harness.ts'
import { type FakeKubeApi, startFakeKubeApi } from '../fakes/kube-api/index.ts'
import { request, told } from './stand.ts'

const never = new AbortController().signal
const DIGEST = `sha256:${'a'.repeat(64)}`
const folder = mkdtempSync(join(tmpdir(), 'image-facts-'))
const open: { api?: FakeKubeApi; engine?: Engine } = {}
const registry = { answers: true, asked: 0 }
const rack = target('rack', { provider: 'kubernetes', settings: { kubeconfig: join(folder, 'config') } })
const wanted = fleet([rack])

beforeAll(async () => {
  open.api = await startFakeKubeApi()
  writeFileSync(join(folder, 'config'), kubeconfigFor(open.api.url))
  const provider = createKubernetesProvider({ env: {}, askPlugin: null })
  open.engine = createEngine({
    provider: async () => provider,
    clock: { now: () => Date.now(), sleep: (ms, signal) => wait(ms, undefined, { signal }) },
    confirm: async () => true,
    images: {
      resolve: async (references) =>
        references.map((reference) => ({ reference, digest: registry.answers ? DIGEST : null, error: null })),
      describe: async (references) => {
        registry.asked += 1
        return registry.answers ? Object.fromEntries(references.map((r) => [r, { user: '1001' }])) : {}
      },
    },
    files: { read: () => undefined, exists: () => undefined, realpath: (path) => path, list: () => [] },
    holder: { host: 'test', bootId: 'boot', pid: process.pid, startTicks: '1', user: 'ana', command: 'deploy' },
    randomId: () => '0123456789abcdef',
    by: 'ana@test',
    builder: null,
    codeHash: async () => null,
  })
})
afterAll(async () => {
  await open.api?.close()
  rmSync(folder, { recursive: true })
})

const deploy = async (of: App) => {
  const source = { commit: null, ref: null, dirty: false }
  const project = { app: of, fleet: wanted, origin: 'git', source, diagnostics: [] }
  const engine = open.engine
  if (engine === undefined) throw new Error('no engine')
  return (await told(engine.deploy(project, request({ resolveImages: true }), never))).result
}

const security = (): unknown => {
  const [deployment] = open.api?.store.list('apps', 'deployments', 'shop') ?? []
  return field(deployment, 'spec.template.spec.containers.0.securityContext')
}

it('a numeric user makes the pod non-root without capabilities, by the release also when the registry is silent', async () => {
  const shop = app([service('web', { image: 'registry.example/web:1' })])
  expect(await deploy(shop)).toMatchObject({ ok: true })
  const hardened = { runAsNonRoot: true, capabilities: { drop: ['ALL'] }, allowPrivilegeEscalation: false }
  expect(security()).toMatchObject(hardened)
  expect(registry.asked).toBe(1)
  registry.answers = false
  expect((await deploy(shop)).summary.targets).toMatchObject([{ outcome: 'unchanged' }])
  expect(registry.asked).toBe(1)
  const scale = open.engine?.scale(
    { app: 'shop', fleet: wanted },
    { targets: null, timeoutMs: 20_000, lockWaitMs: 2_000, counts: { web: 2 }, wait: true },
    never,
  )
  if (scale === undefined) throw new Error('no engine')
  expect((await told(scale)).result).toMatchObject({ ok: true })
  expect(security()).toMatchObject(hardened)
})
