// Whose object, whose field, whose namespace: on a real API server nothing of others is written over or removed, and Secrets
// are never listed.
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { at } from '../../builders/kubernetes.ts'
import { kubectlProgram, type Plane, requestsOf, startPlane } from '../../clusters/index.ts'
import { administrator, RBAC } from './access.ts'
import { DEPLOYMENTS, isThere, type Live, openShop, SERVICES, type Shop, WEB } from './shop.ts'
import { wordsOf } from './world.ts'

const run = promisify(execFile)

const NODES = [{ name: 'node-1', cpu: '64', memory: '256Gi', pods: 500 }]
const USER = 'deployer'

describe('on a real API server', () => {
  let plane: Plane
  let kubeconfig: string
  const shops: Shop[] = []
  let count = 0
  beforeAll(async () => {
    plane = await startPlane({ name: 'owners', nodes: NODES, fast: true, audit: [USER] })
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

  describe('fields', () => {
    it('of another manager survive a change of ours', async () => {
      const shop = open()
      await shop.deploy(WEB())
      await plane.api.request('PATCH', `${shop.path(DEPLOYMENTS, 'web')}?fieldManager=team-tool`, {
        metadata: { annotations: { 'team.example/owner': 'web' } },
        spec: { template: { metadata: { labels: { team: 'web' } } } },
      })
      await shop.deploy(WEB('web:2'))
      const live = await shop.read(DEPLOYMENTS, 'web')
      expect(live.metadata.annotations).toMatchObject({ 'team.example/owner': 'web' })
      expect(at(live.spec, 'template.metadata.labels.team')).toBe('web')
      expect(at(live.spec, 'template.spec.containers.0.image')).toBe('web:2')
    })

    it('that somebody owns as well are not forced in silence: the owner is named, exit 9, and `--allow override` takes them', async () => {
      const shop = open()
      await shop.deploy(WEB())
      // Server-side apply of the same value by another tool: from now on both own it.
      await applyAs('team-tool', shop.path(DEPLOYMENTS, 'web'), {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'web' },
        spec: { template: { spec: { containers: [{ name: 'web', image: 'web:1' }] } } },
      })
      const refused = await shop.world.deploy(WEB('web:2'))
      expect(refused.result.exitCode, wordsOf(refused)).toBe(9)
      expect(wordsOf(refused)).toMatch(/image is managed by team-tool/)
      expect(at((await shop.read(DEPLOYMENTS, 'web')).spec, 'template.spec.containers.0.image')).toBe('web:1')
      const taken = await shop.deploy(WEB('web:2'), ['override'])
      expect(taken.events.map((e) => e.message).join('\n')).toMatch(/took .*image from team-tool/)
      expect(at((await shop.read(DEPLOYMENTS, 'web')).spec, 'template.spec.containers.0.image')).toBe('web:2')
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

  describe('removal', () => {
    it('takes exactly the object that was seen: another one under its name stays', async () => {
      const shop = open()
      const two = 'services:\n  web: { image: "web:1" }\n  api: { image: "api:1" }\n'
      await shop.deploy(two)
      const { plan } = await shop.world.plan('services:\n  web: { image: "web:1" }\n')
      const stale = plan.actions.find((a) => a.kind === 'remove' && a.objectKind === 'Service')
      if (stale === undefined) throw new Error('nothing is to be removed')
      await plane.api.request('DELETE', shop.path(SERVICES, 'api'))
      await shop.deploy(two)
      expect(await shop.apply(stale)).toEqual({ changed: false })
      expect(await isThere(plane, shop.path(SERVICES, 'api'))).toBe(true)
    })

    it('leaves what only looks like ours: our labels without our hand', async () => {
      const shop = open()
      await shop.deploy(WEB())
      const { labels } = (await shop.read(SERVICES, 'web')).metadata
      const copy = { metadata: { name: 'copied', labels }, spec: { ports: [{ port: 1 }] } }
      await plane.api.request('POST', `/api/v1/namespaces/${shop.app}/services`, copy)
      await shop.deploy(WEB('web:2'))
      expect(await isThere(plane, shop.path(SERVICES, 'copied'))).toBe(true)
    })
  })

  describe('a namespace', () => {
    const namespacePath = (app: string): string => `/api/v1/namespaces/${app}`

    it('that we made goes with the last of it', async () => {
      const shop = open()
      await shop.deploy(WEB())
      const told = await shop.world.destroy()
      expect(told.result.exitCode, wordsOf(told)).toBe(0)
      expect(await isThere(plane, namespacePath(shop.app))).toBe(false)
    })

    it('that was there before is used as it is, and stays', async () => {
      const shop = open()
      const made = await plane.api.request<Live>('POST', '/api/v1/namespaces', { metadata: { name: shop.app } })
      await shop.deploy(WEB())
      const told = await shop.world.destroy()
      expect(told.result.exitCode, wordsOf(told)).toBe(0)
      const after = await plane.api.request<Live>('GET', namespacePath(shop.app))
      expect(after.metadata).toMatchObject({ uid: made.metadata.uid, labels: made.metadata.labels })
      expect(await isThere(plane, shop.path(DEPLOYMENTS, 'web'))).toBe(false)
    })

    it('that we made stays while it holds objects of somebody else, of any kind, which are named', async () => {
      const shop = open()
      await shop.deploy(WEB())
      const theirs = { metadata: { name: 'theirs' }, data: { kept: 'yes' } }
      await plane.api.request('POST', `${namespacePath(shop.app)}/configmaps`, theirs)
      const role = { metadata: { name: 'reader' }, rules: [] }
      await plane.api.request('POST', `${RBAC}/namespaces/${shop.app}/roles`, role)
      const told = await shop.world.destroy()
      expect(told.result.exitCode, wordsOf(told)).toBe(0)
      expect(told.events.map((e) => e.message).join('\n')).toContain('stays: it holds ConfigMap theirs, Role reader')
      expect(await isThere(plane, `${namespacePath(shop.app)}/configmaps/theirs`)).toBe(true)
      expect(await isThere(plane, shop.path(DEPLOYMENTS, 'web'))).toBe(false)
      const again = await shop.world.destroy()
      expect(again.result.exitCode, wordsOf(again)).toBe(0)
      expect(await isThere(plane, `${namespacePath(shop.app)}/configmaps/theirs`)).toBe(true)
    })
  })

  describe('somebody else’s object under our name', () => {
    it('is refused with exit 9 before anything is written, and taken over only with `--allow override`', async () => {
      const shop = open()
      await plane.api.request('POST', '/api/v1/namespaces', { metadata: { name: shop.app } })
      const theirs = { metadata: { name: 'web' }, spec: { ports: [{ name: 'old', port: 1 }] } }
      const made = await plane.api.request<Live>('POST', `/api/v1/namespaces/${shop.app}/services`, theirs)
      const before = (await requestsOf(plane, USER)).length
      const refused = await shop.world.deploy(WEB())
      expect(refused.result.exitCode, wordsOf(refused)).toBe(9)
      expect(wordsOf(refused)).toContain('SP3101')
      const writes = (await requestsOf(plane, USER)).slice(before).filter((r) => !READS.has(r.verb))
      expect(writes).toEqual([])
      expect((await shop.read(SERVICES, 'web')).metadata.resourceVersion).toBe(made.metadata.resourceVersion)
      await shop.deploy(WEB(), ['override'])
      expect((await shop.read(SERVICES, 'web')).metadata.uid).toBe(made.metadata.uid)
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
