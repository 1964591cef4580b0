// Fields that the API server lets nobody change: on a real one what holds nothing is recreated by rule, what holds data never.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { NativeObject } from '../../../core/model/native-object.ts'
import type { Action } from '../../../core/model/plan.ts'
import { at } from '../../builders/kubernetes.ts'
import { awaitObject, type Plane, startPlane } from '../../clusters/index.ts'
import { administrator } from './access.ts'
import { DEPLOYMENTS, type Live, openShop, SERVICES, type Shop, WEB } from './shop.ts'
import { wordsOf } from './world.ts'

const NODES = [{ name: 'node-1', cpu: '64', memory: '256Gi', pods: 500 }]
const USER = 'deployer'

describe('what cannot be changed in place', () => {
  let plane: Plane
  let kubeconfig: string
  const shops: Shop[] = []
  let count = 0
  beforeAll(async () => {
    plane = await startPlane({ name: 'immutable', nodes: NODES, fast: true })
    kubeconfig = await administrator(plane, USER)
  })
  afterEach(async () => {
    await Promise.all(shops.splice(0).map(({ world }) => world.close()))
  })
  afterAll(() => plane?.stop())

  const open = (): Shop => {
    count += 1
    const shop = openShop(plane, kubeconfig, `shop-${count}`)
    shops.push(shop)
    return shop
  }

  it('is recreated where it holds nothing: the selector of a Deployment', async () => {
    const shop = open()
    const want = await shop.planned(WEB(), 'Deployment')
    await plane.api.request('POST', '/api/v1/namespaces', { metadata: { name: shop.app } })
    await shop.apply(creation(withSelector(want)))
    const before = await shop.read(DEPLOYMENTS, 'web')
    const told = await shop.deploy(WEB())
    expect(told.events.map((e) => e.message)).toContain('replaced Deployment web')
    const after = await shop.read(DEPLOYMENTS, 'web')
    expect(after.metadata.uid).not.toBe(before.metadata.uid)
    expect(at(after.spec, 'selector.matchLabels')).not.toHaveProperty('former')
  })

  it('is recreated around what it holds: a StatefulSet, whose pod and claim stay', async () => {
    const shop = open()
    const compose = 'services:\n  db: { image: "db:1", volumes: ["data:/data"] }\nvolumes: { data: {} }\n'
    for (const { actions } of (await shop.world.plan(compose)).plan.waves)
      for (const action of actions) await shop.apply({ ...action, object: action.object && ordered(action.object) })
    const pod = `/api/v1/namespaces/${shop.app}/pods/db-0`
    const seen = await awaitObject<Live>(plane.api, pod, (live) => at(live, 'status.phase') === 'Running')
    const told = await shop.deploy(compose)
    expect(told.events.map((e) => e.message)).toContain('replaced StatefulSet db')
    const set = await shop.read('apis/apps/v1/statefulsets', 'db')
    expect(at(set.spec, 'podManagementPolicy')).toBe('Parallel')
    const after = await plane.api.request<Live>('GET', pod)
    expect(after.metadata.uid).toBe(seen.metadata.uid)
    expect(at(after, 'metadata.ownerReferences.0.uid')).toBe(set.metadata.uid)
  })

  it('is recreated where it holds nothing: the address of a Service', async () => {
    const shop = open()
    await shop.deploy('services:\n  web: { image: "web:1" }\n')
    expect(at((await shop.read(SERVICES, 'web')).spec, 'clusterIP')).toBe('None')
    await shop.deploy(WEB())
    expect(at((await shop.read(SERVICES, 'web')).spec, 'clusterIP')).toMatch(/^10\./)
  })

  it('is another object where its name tells its content: the template of a Job, the data of a Secret', async () => {
    const shop = open()
    const file = (image: string, key: string): string =>
      `services:\n  seed: { image: "${image}", x-stormport: { job: { run: onChange } } }\n  web: { image: "web:1", environment: { API_KEY: "${key}" } }\n`
    await shop.deploy(file('seed:1', 'first'))
    const names = async (kind: string) =>
      (
        await plane.api.request<{ readonly items: readonly { readonly metadata: { readonly name: string } }[] }>(
          'GET',
          kind,
        )
      ).items.map((o) => o.metadata.name)
    const jobs = `/apis/batch/v1/namespaces/${shop.app}/jobs`
    const before = [
      await names(jobs),
      (await names(`/api/v1/namespaces/${shop.app}/secrets`)).filter((n) => n.startsWith('web')),
    ]
    await shop.deploy(file('seed:2', 'second'))
    const after = [
      await names(jobs),
      (await names(`/api/v1/namespaces/${shop.app}/secrets`)).filter((n) => n.startsWith('web')),
    ]
    expect([before[0]?.length, after[0]?.length]).toEqual([1, 1])
    expect(after[0]).not.toEqual(before[0])
    // The former one is kept for the former release.
    expect(after[1]).toEqual(expect.arrayContaining(before[1] ?? []))
    expect(after[1]).toHaveLength(2)
  })

  it('is refused where it holds data: a claim keeps its object, and the field is named', async () => {
    const shop = open()
    const file = (size: string): string =>
      `services:\n  db: { image: "db:1", volumes: ["data:/data"] }\nvolumes: { data: { x-stormport: { size: ${size} } } }\n`
    await shop.deploy(file('2GiB'))
    const before = await shop.read('api/v1/persistentvolumeclaims', 'data')
    const told = await shop.world.deploy(file('1GiB'), ['override', 'destroy'])
    expect(told.result.exitCode, wordsOf(told)).not.toBe(0)
    expect(wordsOf(told)).toMatch(/data|storage/)
    const after = await shop.read('api/v1/persistentvolumeclaims', 'data')
    expect([after.metadata.uid, after.metadata.deletionTimestamp]).toEqual([before.metadata.uid, undefined])
  })
})

/** As an older version of ours could have left it. */
const withSelector = (object: NativeObject): NativeObject => {
  const body = structuredClone(object.body) as {
    spec: {
      selector: { matchLabels: Record<string, string> }
      template: { metadata: { labels: Record<string, string> } }
    }
  }
  body.spec.selector.matchLabels['former'] = 'yes'
  body.spec.template.metadata.labels['former'] = 'yes'
  return { ...object, hash: 'former', body }
}

const ordered = (object: NativeObject): NativeObject => {
  if (object.kind !== 'StatefulSet') return object
  const body = structuredClone(object.body) as { spec: { podManagementPolicy: string } }
  body.spec.podManagementPolicy = 'OrderedReady'
  return { ...object, hash: 'former', body }
}

const creation = (object: NativeObject): Action => ({
  kind: 'create',
  target: 'rack',
  id: object.id,
  objectKind: object.kind,
  name: object.name,
  service: object.service ?? null,
  scope: object.scope,
  stage: object.stage,
  because: 'a test makes it',
  consent: 'none',
  diff: [],
  object,
  live: null,
})
