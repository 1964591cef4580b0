// Whose object, whose field, whose namespace: on a real API server nothing of others is written over, recreated or removed,
// and what cannot be changed in place is recreated by rule or refused.
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { NativeObject } from '../../../core/model/native-object.ts'
import type { Action } from '../../../core/model/plan.ts'
import { at } from '../../builders/kubernetes.ts'
import { kubectlProgram, type Plane, requestsOf, startPlane } from '../../clusters/index.ts'
import { administrator } from './access.ts'
import { createWorld, type World, wordsOf } from './world.ts'

const run = promisify(execFile)

const NODES = [{ name: 'node-1', cpu: '64', memory: '256Gi', pods: 500 }]
const USER = 'deployer'

interface Live {
  readonly metadata: {
    readonly uid: string
    readonly resourceVersion: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
    readonly deletionTimestamp?: string
  }
  readonly spec: unknown
}

const WEB = (image = 'web:1', more = ''): string => `services:\n  web: { image: "${image}", ports: ["8080"]${more} }\n`

describe('on a real API server', () => {
  let plane: Plane
  let kubeconfig: string
  const worlds: World[] = []
  let count = 0
  beforeAll(async () => {
    plane = await startPlane({ name: 'owners', nodes: NODES, fast: true, audit: [USER] })
    kubeconfig = await administrator(plane, USER)
  })
  afterEach(async () => {
    await Promise.all(worlds.splice(0).map((world) => world.close()))
  })
  afterAll(() => plane?.stop())

  interface Shop {
    readonly app: string
    readonly world: World
  }

  const open = (settings: Readonly<Record<string, unknown>> = {}): Shop => {
    count += 1
    const app = `shop-${count}`
    const world = createWorld(app, [{ name: 'rack', kubeconfig, settings }])
    worlds.push(world)
    return { app, world }
  }

  const deployed = async (world: World, compose: string, allow: Parameters<World['deploy']>[1] = []) => {
    const told = await world.deploy(compose, allow)
    expect(told.result.exitCode, wordsOf(told)).toBe(0)
    return told
  }

  const pathOf = (app: string, group: string, name: string): string => {
    const slash = group.lastIndexOf('/')
    return `/${group.slice(0, slash)}/namespaces/${app}/${group.slice(slash + 1)}/${name}`
  }
  const DEPLOYMENT = 'apis/apps/v1/deployments'
  const SERVICE = 'api/v1/services'
  const read = (app: string, group: string, name: string): Promise<Live> =>
    plane.api.request<Live>('GET', pathOf(app, group, name))
  const isThere = (path: string): Promise<boolean> =>
    plane.api.request('GET', path).then(
      () => true,
      () => false,
    )

  const apply = (shop: Shop, action: Action): Promise<{ readonly changed: boolean }> => {
    const [target] = shop.world.project(WEB()).fleet.targets
    if (target === undefined) throw new Error('no target')
    const signal = AbortSignal.timeout(30_000)
    return shop.world.provider.apply(target, action, { app: shop.app, release: 1, signal, progress: () => {} })
  }

  const rendered = async (shop: Shop, compose: string, kind: string): Promise<NativeObject> => {
    const found = (await shop.world.plan(compose)).plan.actions.find((a) => a.objectKind === kind)?.object
    if (found === undefined || found === null) throw new Error(`no ${kind} is planned`)
    return found
  }

  describe('fields', () => {
    it('of another manager survive a change of ours', async () => {
      const { app, world } = open()
      await deployed(world, WEB())
      await plane.api.request('PATCH', `${pathOf(app, DEPLOYMENT, 'web')}?fieldManager=team-tool`, {
        metadata: { annotations: { 'team.example/owner': 'web' } },
        spec: { template: { metadata: { labels: { team: 'web' } } } },
      })
      await deployed(world, WEB('web:2'))
      const live = await read(app, DEPLOYMENT, 'web')
      expect(live.metadata.annotations).toMatchObject({ 'team.example/owner': 'web' })
      expect(at(live.spec, 'template.metadata.labels.team')).toBe('web')
      expect(at(live.spec, 'template.spec.containers.0.image')).toBe('web:2')
    })

    it('that somebody owns as well are not forced in silence: the owner is named, exit 9, and `--allow override` takes them', async () => {
      const { app, world } = open()
      await deployed(world, WEB())
      // Server-side apply of the same value by another tool: from now on both own it.
      await applyAs('team-tool', pathOf(app, DEPLOYMENT, 'web'), {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'web' },
        spec: { template: { spec: { containers: [{ name: 'web', image: 'web:1' }] } } },
      })
      const refused = await world.deploy(WEB('web:2'))
      expect(refused.result.exitCode, wordsOf(refused)).toBe(9)
      expect(wordsOf(refused)).toMatch(/image is managed by team-tool/)
      expect(at((await read(app, DEPLOYMENT, 'web')).spec, 'template.spec.containers.0.image')).toBe('web:1')
      const taken = await deployed(world, WEB('web:2'), ['override'])
      expect(taken.events.map((e) => e.message).join('\n')).toMatch(/took .*image from team-tool/)
      expect(at((await read(app, DEPLOYMENT, 'web')).spec, 'template.spec.containers.0.image')).toBe('web:2')
    })
  })

  /** The harness's own client sends merge patches; here a second applier is needed. */
  const applyAs = async (manager: string, path: string, body: unknown): Promise<void> => {
    const file = join(plane.folder, 'applied.json')
    await writeFile(file, JSON.stringify(body))
    const namespace = path.split('/namespaces/')[1]?.split('/')[0] ?? ''
    await run(kubectlProgram(), [
      ...['--kubeconfig', plane.kubeconfig, '-n', namespace, 'apply', '--server-side'],
      ...['--field-manager', manager, '-f', file],
    ])
  }

  describe('what cannot be changed in place', () => {
    it('is recreated where it holds nothing: the selector of a Deployment', async () => {
      const shop = open()
      const want = await rendered(shop, WEB(), 'Deployment')
      await plane.api.request('POST', '/api/v1/namespaces', { metadata: { name: shop.app } })
      await apply(shop, creation(withSelector(want)))
      const before = await read(shop.app, DEPLOYMENT, 'web')
      const told = await deployed(shop.world, WEB())
      expect(told.events.map((e) => e.message)).toContain('replaced Deployment web')
      const after = await read(shop.app, DEPLOYMENT, 'web')
      expect(after.metadata.uid).not.toBe(before.metadata.uid)
      expect(at(after.spec, 'selector.matchLabels')).not.toHaveProperty('former')
    })

    it('is recreated where it holds nothing: the address of a Service', async () => {
      const { app, world } = open()
      await deployed(world, 'services:\n  web: { image: "web:1" }\n')
      expect(at((await read(app, SERVICE, 'web')).spec, 'clusterIP')).toBe('None')
      await deployed(world, WEB())
      expect(at((await read(app, SERVICE, 'web')).spec, 'clusterIP')).toMatch(/^10\./)
    })

    it('is another object where its name tells its content: the template of a Job, the data of a Secret', async () => {
      const { app, world } = open()
      const file = (image: string, key: string): string =>
        `services:\n  seed: { image: "${image}", x-stormport: { job: { run: onChange } } }\n  web: { image: "web:1", environment: { API_KEY: "${key}" } }\n`
      await deployed(world, file('seed:1', 'first'))
      const names = async (kind: string) =>
        (
          await plane.api.request<{ readonly items: readonly { readonly metadata: { readonly name: string } }[] }>(
            'GET',
            kind,
          )
        ).items.map((o) => o.metadata.name)
      const jobs = `/apis/batch/v1/namespaces/${app}/jobs`
      const before = [
        await names(jobs),
        (await names(`/api/v1/namespaces/${app}/secrets`)).filter((n) => n.startsWith('web')),
      ]
      await deployed(world, file('seed:2', 'second'))
      const after = [
        await names(jobs),
        (await names(`/api/v1/namespaces/${app}/secrets`)).filter((n) => n.startsWith('web')),
      ]
      expect([before[0]?.length, after[0]?.length]).toEqual([1, 1])
      expect(after[0]).not.toEqual(before[0])
      // The former one is kept for the former release.
      expect(after[1]).toEqual(expect.arrayContaining(before[1] ?? []))
      expect(after[1]).toHaveLength(2)
    })

    it('is refused where it holds data: a claim keeps its object, and the field is named', async () => {
      const { app, world } = open()
      const file = (size: string): string =>
        `services:\n  db: { image: "db:1", volumes: ["data:/data"] }\nvolumes: { data: { x-stormport: { size: ${size} } } }\n`
      await deployed(world, file('2GiB'))
      const before = await read(app, 'api/v1/persistentvolumeclaims', 'data')
      const told = await world.deploy(file('1GiB'), ['override', 'destroy'])
      expect(told.result.exitCode, wordsOf(told)).not.toBe(0)
      expect(wordsOf(told)).toMatch(/data|storage/)
      const after = await read(app, 'api/v1/persistentvolumeclaims', 'data')
      expect([after.metadata.uid, after.metadata.deletionTimestamp]).toEqual([before.metadata.uid, undefined])
    })
  })

  describe('removal', () => {
    it('takes exactly the object that was seen: another one under its name stays', async () => {
      const shop = open()
      const two = 'services:\n  web: { image: "web:1" }\n  api: { image: "api:1" }\n'
      await deployed(shop.world, two)
      const { plan } = await shop.world.plan('services:\n  web: { image: "web:1" }\n')
      const stale = plan.actions.find((a) => a.kind === 'remove' && a.objectKind === 'Service')
      if (stale === undefined) throw new Error('nothing is to be removed')
      await plane.api.request('DELETE', pathOf(shop.app, SERVICE, 'api'))
      await deployed(shop.world, two)
      expect(await apply(shop, stale)).toEqual({ changed: false })
      expect(await isThere(pathOf(shop.app, SERVICE, 'api'))).toBe(true)
    })

    it('leaves what only looks like ours: our labels without our hand', async () => {
      const { app, world } = open()
      await deployed(world, WEB())
      const { labels } = (await read(app, SERVICE, 'web')).metadata
      const copy = { metadata: { name: 'copied', labels }, spec: { ports: [{ port: 1 }] } }
      await plane.api.request('POST', `/api/v1/namespaces/${app}/services`, copy)
      await deployed(world, WEB('web:2'))
      expect(await isThere(pathOf(app, SERVICE, 'copied'))).toBe(true)
    })
  })

  describe('a namespace', () => {
    const namespacePath = (app: string): string => `/api/v1/namespaces/${app}`

    it('that we made goes with the last of it', async () => {
      const { app, world } = open()
      await deployed(world, WEB())
      const told = await world.destroy()
      expect(told.result.exitCode, wordsOf(told)).toBe(0)
      expect(await isThere(namespacePath(app))).toBe(false)
    })

    it('that was there before is used as it is, and stays', async () => {
      const { app, world } = open()
      const made = await plane.api.request<Live>('POST', '/api/v1/namespaces', { metadata: { name: app } })
      await deployed(world, WEB())
      const told = await world.destroy()
      expect(told.result.exitCode, wordsOf(told)).toBe(0)
      const after = await plane.api.request<Live>('GET', namespacePath(app))
      expect(after.metadata).toMatchObject({ uid: made.metadata.uid, labels: made.metadata.labels })
      expect(await isThere(pathOf(app, DEPLOYMENT, 'web'))).toBe(false)
    })

    it('that we made stays while it holds an object of somebody else, which is named', async () => {
      const { app, world } = open()
      await deployed(world, WEB())
      const theirs = { metadata: { name: 'theirs' }, data: { kept: 'yes' } }
      await plane.api.request('POST', `${namespacePath(app)}/configmaps`, theirs)
      const told = await world.destroy()
      expect(told.result.exitCode, wordsOf(told)).toBe(0)
      expect(told.events.map((e) => e.message).join('\n')).toMatch(/ConfigMap theirs/)
      expect(await isThere(`${namespacePath(app)}/configmaps/theirs`)).toBe(true)
      expect(await isThere(pathOf(app, DEPLOYMENT, 'web'))).toBe(false)
      const again = await world.destroy()
      expect(again.result.exitCode, wordsOf(again)).toBe(0)
      expect(await isThere(`${namespacePath(app)}/configmaps/theirs`)).toBe(true)
    })
  })

  describe('somebody else’s object under our name', () => {
    it('is refused with exit 9 before anything is written, and taken over only with `--allow override`', async () => {
      const { app, world } = open()
      await plane.api.request('POST', '/api/v1/namespaces', { metadata: { name: app } })
      const theirs = { metadata: { name: 'web' }, spec: { ports: [{ name: 'old', port: 1 }] } }
      const made = await plane.api.request<Live>('POST', `/api/v1/namespaces/${app}/services`, theirs)
      const before = (await requestsOf(plane, USER)).length
      const refused = await world.deploy(WEB())
      expect(refused.result.exitCode, wordsOf(refused)).toBe(9)
      expect(wordsOf(refused)).toContain('SP3101')
      const writes = (await requestsOf(plane, USER)).slice(before).filter((r) => !READS.has(r.verb))
      expect(writes).toEqual([])
      expect((await read(app, SERVICE, 'web')).metadata.resourceVersion).toBe(made.metadata.resourceVersion)
      await deployed(world, WEB(), ['override'])
      expect((await read(app, SERVICE, 'web')).metadata.uid).toBe(made.metadata.uid)
    })
  })

  it('lists Secrets in no request', async () => {
    const requests = await requestsOf(plane, USER)
    expect(requests.filter((r) => r.resource === 'secrets' && r.verb === 'get').length).toBeGreaterThan(0)
    expect(requests.filter((r) => r.resource === 'secrets' && !BY_NAME.has(r.verb))).toEqual([])
  })
})

const READS: ReadonlySet<string> = new Set(['get', 'list', 'watch'])
const BY_NAME: ReadonlySet<string> = new Set(['get', 'create', 'update', 'patch', 'delete'])

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
