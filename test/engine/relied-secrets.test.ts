// Secrets of a cluster that nobody has to look for on each deploy: how many requests that saves, and how one that was deleted
// by hand comes back.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Engine } from '../../core/engine/api.ts'
import { createEngine } from '../../core/engine/index.ts'
import type { App } from '../../core/model/app.ts'
import { Secret } from '../../core/model/secret.ts'
import { createKubernetesProvider } from '../../providers/kubernetes/index.ts'
import { numberAt, textAt } from '../../providers/kubernetes/raw.ts'
import { app, fleet, service, target } from '../builders/app.ts'
import { kubeconfigFor } from '../fakes/kube-api/harness.ts'
import { type FakeKubeApi, startFakeKubeApi } from '../fakes/kube-api/index.ts'
import { request, told } from './stand.ts'

const never = new AbortController().signal

interface Open {
  readonly api: FakeKubeApi
  readonly folder: string
}

let open: Open

beforeEach(async () => {
  open = { api: await startFakeKubeApi(), folder: mkdtempSync(join(tmpdir(), 'relied-')) }
  writeFileSync(join(open.folder, 'config'), kubeconfigFor(open.api.url))
})
afterEach(async () => {
  await open.api.close()
  rmSync(open.folder, { recursive: true })
})

const projectOf = (of: App) => {
  const rack = target('rack', { provider: 'kubernetes', settings: { kubeconfig: join(open.folder, 'config') } })
  const source = { commit: null, ref: null, dirty: false }
  return { app: of, fleet: fleet([rack]), origin: 'git', source, diagnostics: [] }
}

/** Each with a client of its own, as one command has. */
const withEngine = async <T>(use: (engine: Engine) => Promise<T>): Promise<T> => {
  const provider = createKubernetesProvider({ env: {}, askPlugin: null })
  const engine = createEngine({
    provider: async () => provider,
    clock: { now: () => Date.now(), sleep: (ms, signal) => wait(ms, undefined, { signal }) },
    confirm: async () => true,
    images: { resolve: async () => [] },
    files: { read: () => undefined, exists: () => undefined, realpath: (path) => path, list: () => [] },
    holder: { host: 'test', bootId: 'boot', pid: process.pid, startTicks: '1', user: 'ana', command: 'deploy' },
    randomId: () => '0123456789abcdef',
    by: 'ana@test',
    builder: null,
    codeHash: async () => null,
  })
  try {
    return await use(engine)
  } finally {
    await engine.close()
  }
}

const deploy = (of: App) =>
  withEngine(async (engine) => (await told(engine.deploy(projectOf(of), request(), never))).result)

const destroy = () => {
  const subject = { app: 'shop', fleet: projectOf(shop()).fleet }
  return withEngine(
    async (engine) =>
      (await told(engine.destroy(subject, { ...request(), volumes: true, allow: ['destroy'] }, never))).result,
  )
}

const drift = (of: App) =>
  withEngine((engine) => engine.drift({ app: of.name, fleet: projectOf(of).fleet }, null, never))

const shop = (image = 'web:1'): App =>
  app([service('web', { image, environment: { TOKEN: new Secret('web.environment.TOKEN', 'value') } })])

const secretNames = (): readonly string[] =>
  open.api.store
    .list('', 'secrets', 'shop')
    .flatMap((object) => textAt(object, 'metadata.name') ?? [])
    .filter((name) => name.startsWith('web-env-'))

const deleteByHand = (): void => {
  for (const name of secretNames()) open.api.store.remove({ group: '', plural: 'secrets', namespace: 'shop', name })
  expect(secretNames()).toEqual([])
}

const readsOfSecrets = async (during: () => Promise<unknown>): Promise<number> => {
  const before = open.api.requests.length
  await during()
  return open.api.requests.slice(before).filter((line) => line.startsWith('GET') && line.includes('/web-env-')).length
}

it('a deploy reads no Secret of a workload that is ready, and plan --drift reads each of them', async () => {
  expect(await deploy(shop())).toMatchObject({ ok: true })
  expect(secretNames()).toHaveLength(1)
  expect(await readsOfSecrets(() => deploy(shop()))).toBe(0)
  expect(await readsOfSecrets(() => drift(shop()))).toBe(1)
  expect((await drift(shop())).drift).toEqual([])
})

it('a Secret that was deleted by hand is told by plan --drift and made again by the next deploy', async () => {
  await deploy(shop())
  const [name] = secretNames()
  deleteByHand()
  expect((await drift(shop())).drift).toMatchObject([{ kind: 'Secret', name, want: 'present', live: 'absent' }])
  expect(await deploy(shop())).toMatchObject({ ok: true })
  expect(secretNames()).toEqual([name])
  expect((await drift(shop())).drift).toEqual([])
  expect(await readsOfSecrets(() => deploy(shop()))).toBe(0)
})

it('a Secret that was deleted by hand comes back when its workload has no ready pod', async () => {
  await deploy(shop())
  const names = secretNames()
  deleteByHand()
  await scaleToNothing()
  expect(await deploy(shop())).toMatchObject({ ok: true })
  expect(secretNames()).toEqual(names)
})

it('a workload that changes asks for its Secret: where it is gone nothing is changed, and the next deploy makes it', async () => {
  await deploy(shop())
  const names = secretNames()
  deleteByHand()
  const refused = await deploy(shop('web:2'))
  expect(refused).toMatchObject({ ok: false })
  expect(JSON.stringify(refused)).toContain('which somebody else has deleted')
  expect(await deploy(shop('web:2'))).toMatchObject({ ok: true })
  expect(secretNames()).toEqual(names)
})

it('a Secret that nobody has looked at is removed when the application is destroyed', async () => {
  await deploy(shop())
  expect(secretNames()).toHaveLength(1)
  expect(await destroy()).toMatchObject({ ok: true })
  expect(secretNames()).toEqual([])
})

const scaleToNothing = async (): Promise<void> => {
  const place = { group: 'apps', plural: 'deployments', namespace: 'shop', name: 'web' }
  const kept = open.api.store.get(place)
  if (kept === null) throw new Error('there is no Deployment')
  const spec = { ...(kept.object['spec'] as object), replicas: 0 }
  open.api.store.put(place, { ...kept, object: { ...kept.object, spec } })
  const deadline = Date.now() + 5_000
  while (numberAt(open.api.store.shown(place), 'status.readyReplicas') !== 0) {
    if (Date.now() > deadline) throw new Error('it does not scale')
    await wait(10)
  }
}
