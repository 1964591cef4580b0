// What a user may do decides what happens, by RBAC of a real API server: the Role that we print is enough to deploy, capacity
// is unknown without the ClusterRole, and everything that is missing is named at once.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { rbac } from '../../../providers/kubernetes/rbac.ts'
import { clusterTarget, rendered } from '../../builders/kubernetes.ts'
import { awaitObject, type Plane, requestsOf, startPlane } from '../../clusters/index.ts'
import { grant } from './access.ts'
import { createWorld, type World, wordsOf } from './world.ts'

const NODES = [{ name: 'node-1', cpu: '16', memory: '64Gi', pods: 200 }]

const COMPOSE = (image: string): string => `
services:
  web:
    image: "${image}"
    ports: ["8080"]
    environment: { API_KEY: "a-secret-value" }
    volumes: ["data:/data"]
    deploy: { resources: { reservations: { cpus: "0.5" } } }
    configs: [{ source: conf, target: /etc/conf }]
  api:
    image: api:1
    deploy: { replicas: 2, resources: { reservations: { cpus: "0.1" } } }
    x-stormport: { autoscale: { min: 2, max: 4, cpu: 60 } }
  seed: { image: "seed:1", x-stormport: { job: { run: onChange } } }
  nightly: { image: "nightly:1", x-stormport: { schedule: "0 3 * * *" } }
volumes: { data: {} }
configs: { conf: { content: hello } }
`

describe('a user of a real cluster', () => {
  let plane: Plane
  const worlds: World[] = []
  beforeAll(async () => {
    plane = await startPlane({ name: 'rights', nodes: NODES, audit: ['role-alone', 'with-both', 'nobody'] })
  })
  afterEach(async () => {
    await Promise.all(worlds.splice(0).map((world) => world.close()))
  })
  afterAll(() => plane?.stop())

  const worldOf = async (app: string, user: string, settings = {}): Promise<World> => {
    const world = createWorld(app, [{ name: 'rack', kubeconfig: await plane.kubeconfigFor({ user }), settings }])
    worlds.push(world)
    return world
  }

  const rolesFor = (app: string) => {
    const target = clusterTarget({ settings: { namespace: app } })
    return rbac(target, app, rendered(COMPOSE('web:1'), { app: { name: app }, target }))
  }

  describe('with exactly the Role that is printed, in a namespace that was made for him', () => {
    const app = 'given'
    let world: World
    beforeAll(async () => {
      await plane.api.request('POST', '/api/v1/namespaces', { metadata: { name: app } })
      await grant(plane, 'role-alone', rolesFor(app).role)
      await allowed('role-alone', app)
    })

    it('deploys, changes, deploys again without a write, and destroys', async () => {
      world = await worldOf(app, 'role-alone', { namespace: app })
      for (const image of ['web:1', 'web:2']) {
        const told = await world.deploy(COMPOSE(image))
        expect(told.result.exitCode, wordsOf(told)).toBe(0)
      }
      const before = (await requestsOf(plane, 'role-alone')).length
      const again = await world.deploy(COMPOSE('web:2'))
      expect(again.result.exitCode, wordsOf(again)).toBe(0)
      const writes = (await requestsOf(plane, 'role-alone')).slice(before).filter((r) => !READS.has(r.verb))
      expect(writes).toEqual([])
      const gone = await world.destroy(['destroy'])
      expect(gone.result.exitCode, wordsOf(gone)).toBe(0)
      expect(await leftIn(app)).toEqual([])
    })

    it('needed no right beyond it for anything but looking at the cluster', async () => {
      const refused = (await requestsOf(plane, 'role-alone')).filter((r) => r.status === 403)
      const what = [...new Set(refused.map((r) => `${r.verb} ${r.resource}`))].sort()
      expect(what.filter((words) => !LOOKS.has(words))).toEqual([])
    })

    it('does not know the capacity, and is told the ClusterRole that would show it', async () => {
      const [target] = (await worldOf(app, 'role-alone')).project(COMPOSE('web:1')).fleet.targets
      if (target === undefined) throw new Error('no target')
      const world = worlds.at(-1)
      expect(await world?.provider.capacity(target, AbortSignal.timeout(10_000))).toEqual({
        kind: 'unknown',
        because: expect.stringMatching(/not allowed to read nodes and pods.*render --rbac.*ClusterRole/),
      })
      const checks = await world?.provider.check(target, AbortSignal.timeout(10_000))
      expect(checks?.find((c) => c.name === 'capacity')).toMatchObject({
        ok: false,
        message: 'may not: list nodes, list pods in all namespaces',
        hint: expect.stringContaining('ClusterRole'),
      })
    })
  })

  it('with the ClusterRole as well knows the capacity, and is refused nothing', async () => {
    const app = 'whole'
    const { role, clusterRole } = rolesFor(app)
    // A Role lives in its namespace: whoever grants it has made that before.
    await plane.api.request('POST', '/api/v1/namespaces', { metadata: { name: app } })
    await grant(plane, 'with-both', role)
    await grant(plane, 'with-both', clusterRole)
    await allowed('with-both', app)
    const world = await worldOf(app, 'with-both', { namespace: app })
    const told = await world.deploy(COMPOSE('web:1'))
    expect(told.result.exitCode, wordsOf(told)).toBe(0)
    const [target] = world.project(COMPOSE('web:1')).fleet.targets
    if (target === undefined) throw new Error('no target')
    const capacity = await world.provider.capacity(target, AbortSignal.timeout(10_000))
    expect(capacity).toMatchObject({ kind: 'known', nodes: [{ name: 'node-1', total: { cpuMillis: 16_000 } }] })
    const refused = (await requestsOf(plane, 'with-both')).filter((r) => r.status === 403)
    expect(
      refused.map((r) => `${r.verb} ${r.uri}`).filter((words) => !/gateway|resourceclaimtemplates/.test(words)),
    ).toEqual([])
  })

  it('without any right is told every missing one at once', async () => {
    const world = await worldOf('forbidden', 'nobody')
    const [target] = world.project(COMPOSE('web:1')).fleet.targets
    if (target === undefined) throw new Error('no target')
    const checks = await world.provider.check(target, AbortSignal.timeout(20_000))
    const missing = checks.find((c) => c.name === 'deploy')
    expect(missing?.ok).toBe(false)
    for (const words of [
      'create deployments',
      'patch services',
      'delete jobs',
      'get secrets',
      'create pods/exec',
      'update leases',
      'list horizontalpodautoscalers',
    ])
      expect(missing?.message).toContain(words)
    const told = await world.deploy(COMPOSE('web:1'))
    expect(told.result.exitCode, wordsOf(told)).toBe(4)
    const writes = (await requestsOf(plane, 'nobody')).filter(
      (r) => !READS.has(r.verb) && !r.resource.endsWith('reviews'),
    )
    expect(writes).toEqual([])
  })

  /** The authorizer sees a new binding a moment later. */
  const allowed = async (user: string, namespace: string): Promise<void> => {
    const spec = { user, resourceAttributes: { verb: 'create', group: 'apps', resource: 'deployments', namespace } }
    const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec }
    const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews'
    const ask = () => plane.api.request<{ readonly status: { readonly allowed: boolean } }>('POST', path, body)
    const until = Date.now() + 10_000
    while (!(await ask()).status.allowed) if (Date.now() > until) throw new Error(`the role of ${user} is not in force`)
  }

  const leftIn = async (namespace: string): Promise<readonly string[]> => {
    const places = ['apis/apps/v1', 'apis/batch/v1', 'api/v1', 'apis/autoscaling/v2', 'apis/policy/v1']
    const kinds = ['deployments', 'jobs', 'services', 'horizontalpodautoscalers', 'poddisruptionbudgets']
    const lists = await Promise.all(
      kinds.map((kind, i) =>
        awaitObject<{ readonly items: readonly { readonly metadata: { readonly name: string } }[] }>(
          plane.api,
          `/${places[i]}/namespaces/${namespace}/${kind}`,
          ({ items }) => items.length === 0,
        ),
      ),
    )
    return lists.flatMap(({ items }) => items.map((item) => item.metadata.name))
  }
})

const READS: ReadonlySet<string> = new Set(['get', 'list', 'watch'])

/** What is asked of the cluster, not of the namespace, and may be refused. */
const LOOKS: ReadonlySet<string> = new Set([
  'get namespaces',
  'list nodes',
  'list pods',
  'list storageclasses',
  'list ingressclasses',
  'list gateways',
  'list httproutes',
  'list resourceclaimtemplates',
])
