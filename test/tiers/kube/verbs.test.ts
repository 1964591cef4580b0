// The verbs that explain, through the built command line against a real control plane: what the scheduler, the kubelet's
// stand-in and the API server themselves say is what a user reads.
import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { DriftReport, PoolsReport, WhyReport } from '../../../core/engine/api.ts'
import { type Plane, startPlane } from '../../clusters/index.ts'
import { startConnectProxy } from '../../fakes/connect-proxy.ts'
import { createStand, type Ended, type Project, type Stand } from './faults-stand.ts'

const DEPLOY = ['deploy', '--no-resolve', '--timeout', '120s']
const SOON = { timeout: 20_000, interval: 200 }
const POOL = { 'karpenter.sh/nodepool': 'general' }
const L4 = { count: 2, product: 'NVIDIA-L4', memoryMib: 23_034 }

let plane: Plane
let stand: Stand

beforeAll(async () => {
  plane = await startPlane({
    name: 'verbs',
    nodes: [
      { name: 'node-1', cpu: '4', memory: '8Gi', pods: 50, zone: 'a', labels: POOL },
      { name: 'node-2', cpu: '4', memory: '8Gi', pods: 50, zone: 'b', labels: POOL },
      { name: 'gpu-1', cpu: '8', memory: '32Gi', pods: 50, gpus: L4, labels: { 'eks.amazonaws.com/nodegroup': 'gpu' } },
    ],
    fast: true,
  })
  await appendFile(join(plane.folder, 'simulated.log'), `${stamp()} stderr F cannot open the ledger: no such file\n`)
  stand = createStand()
})
afterAll(async () => {
  await stand?.end()
  await plane?.stop()
})

const stamp = (): string => new Date().toISOString().replace('Z', '000000Z')

const project = (app: string, service: string): Project =>
  stand.project(app, {
    compose: `services:\n  web:\n    image: registry.example/web:1\n${service}`,
    kubeconfig: plane.kubeconfig,
  })

/** What a query verb prints; its exit status has been looked at. */
const document = <T>(ended: Ended, code = 0): T => {
  expect(ended.code, ended.all).toBe(code)
  return JSON.parse(ended.out) as T // the shape that the verb promises
}

const lines = (ended: Ended): readonly Line[] =>
  ended.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)

interface Line {
  readonly type: string
  readonly time: string
  readonly service?: string
  readonly message: string
  readonly data: { readonly reason?: string; readonly object?: { readonly kind: string } } | null
}

type Container = Readonly<Record<string, unknown>>

interface LiveDeployment {
  readonly metadata: { readonly generation: number }
  readonly spec: { readonly template: { readonly spec: { readonly containers: readonly Container[] } } }
}

const deploymentOf = (app: string): string => `/apis/apps/v1/namespaces/${app}/deployments/web`

const liveOf = (app: string): Promise<LiveDeployment> => plane.api.request('GET', deploymentOf(app))

/** As somebody does with an editor: the whole object is sent back, with one thing changed. */
const edit = async (app: string, change: Container): Promise<void> => {
  const [container] = (await liveOf(app)).spec.template.spec.containers
  const body = { spec: { template: { spec: { containers: [{ ...container, ...change }] } } } }
  await plane.api.request('PATCH', `${deploymentOf(app)}?fieldManager=kubectl-edit`, body)
}

describe('events', () => {
  it('are those of the app’s own objects, oldest first, from the controllers and the scheduler', async () => {
    const shop = project('told', '    deploy: { replicas: 2 }\n')
    expect((await shop.run(...DEPLOY)).code).toBe(0)
    const ended = await shop.run('events', '--json')
    expect(ended.code, ended.all).toBe(0)
    const all = lines(ended)
    expect([all[0]?.type, all.at(-1)?.type]).toEqual(['version', 'result'])
    const events = all.slice(1, -1)
    expect(events.map((e) => e.time)).toEqual(events.map((e) => e.time).sort())
    const reasons = events.map((e) => `${e.data?.object?.kind} ${e.data?.reason} ${e.service}`)
    expect(reasons).toEqual(
      expect.arrayContaining([
        'Deployment ScalingReplicaSet web',
        'ReplicaSet SuccessfulCreate web',
        'Pod Scheduled web',
      ]),
    )
    const text = await shop.run('events', 'web')
    expect(text.out).toMatch(/rack Pod web-\S+ Scheduled: Successfully assigned told\/web-\S+ to node-/)
  })

  it('go on with --follow and end with the signal', async () => {
    const shop = project('followed', '    deploy: { replicas: 1 }\n')
    expect((await shop.run(...DEPLOY)).code).toBe(0)
    const following = shop.start('events', '--follow', '--json')
    expect((await shop.run('scale', 'web=3')).code).toBe(0)
    await expect.poll(async () => (await shop.run('events', '--json')).out.match(/"Scheduled"/g)?.length, SOON).toBe(3)
    following.kill('SIGINT')
    const ended = await following.ended
    expect(ended.code).toBe(130)
    expect(ended.out.match(/"Scheduled"/g)).toHaveLength(3)
  })
})

describe('why', () => {
  it('a pod finds no node: our reckoning by node beside the scheduler’s own words', async () => {
    const shop = project('narrow', '    deploy: { replicas: 1, resources: { reservations: { cpus: "1" } } }\n')
    expect((await shop.run(...DEPLOY)).code).toBe(0)
    await edit('narrow', { resources: { requests: { cpu: '64' } } })
    await expect.poll(async () => (await shop.run('events')).out, SOON).toContain('FailedScheduling')
    const why = document<WhyReport>(await shop.run('why', 'web', '--json'))
    expect(why).toMatchObject({ service: 'web', phase: 'pending', ready: false, target: 'rack' })
    expect(why.refusals.map((r) => r.reason).join('\n')).toMatch(
      /rack says: 0\/3 nodes are available: .*Insufficient cpu/,
    )
    expect(why.refusals.at(-1)?.fix).toContain('lower deploy.resources.reservations.cpus of web')
    const text = await shop.run('why', 'web')
    expect(text.out).toMatch(/^web web-\S+ on rack: pending/)
    expect(text.out).toContain('refused:')
    expect(text.out).toContain('Next: stormport pool list --target rack')
  })

  it('an image cannot be pulled: the words of the registry', async () => {
    const shop = project('unpulled', '    environment: { FATE: image-pull }\n')
    await shop.run(...DEPLOY, '--on-failure', 'keep')
    const why = document<WhyReport>(await shop.run('why', 'web', '--json'))
    expect(why).toMatchObject({ phase: 'failed', ready: false })
    expect(why.reason).toMatch(/not found/)
    expect(why.next).toContain('stormport rollback -p unpulled')
  })

  it('a crash loop: the last exit and the last lines', async () => {
    const shop = project('crashing', '    environment: { FATE: crash }\n')
    await shop.run(...DEPLOY, '--on-failure', 'keep')
    const why = document<WhyReport>(await shop.run('why', 'web', '--json'))
    expect(why).toMatchObject({
      phase: 'failed',
      lastExit: { code: 1 },
      lastLogs: expect.arrayContaining(['cannot open the ledger: no such file']),
    })
    expect(why.restarts).toBeGreaterThan(0)
  })

  it('a name that nobody knows is exit 3 or its refusal, never an empty answer', async () => {
    const ended = await project('crashing', '    environment: { FATE: crash }\n').run('why', 'wib', '--json')
    expect(ended.code).not.toBe(0)
    expect(JSON.parse(ended.out)).toMatchObject({ error: { code: 'SP3223' } })
  })
})

describe('plan --drift', () => {
  it('shows the field that another manager changed, exit 2 with --detailed-exitcode, and writes nothing', async () => {
    const shop = project('drifted', '    deploy: { replicas: 1 }\n    environment: { MODE: fast }\n')
    expect((await shop.run(...DEPLOY)).code).toBe(0)
    expect(document<DriftReport>(await shop.run('plan', '--drift', '--json', '--detailed-exitcode'))).toEqual({
      drift: [],
      unknown: [],
    })
    await edit('drifted', { image: 'registry.example/other:9' })
    const before = await liveOf('drifted')
    const { drift } = document<DriftReport>(await shop.run('plan', '--drift', '--json', '--detailed-exitcode'), 2)
    expect(drift).toMatchObject([
      {
        target: 'rack',
        service: 'web',
        kind: 'Deployment',
        name: 'web',
        field: expect.stringMatching(/^spec\.template\.spec\.containers\[\S+\]\.image$/),
        want: expect.stringContaining('registry.example/web:1'),
        live: 'registry.example/other:9',
        manager: 'kubectl-edit',
      },
    ])
    expect((await shop.run('plan', '--drift')).out).toContain('kubectl-edit')
    expect((await liveOf('drifted')).metadata).toMatchObject({ generation: before.metadata.generation })
  })
})

it('plan --native shows the lines of the objects that a change touches', async () => {
  const shop = project('native', '    environment: { MODE: fast }\n')
  expect((await shop.run(...DEPLOY)).code).toBe(0)
  shop.write('compose.yaml', 'services:\n  web:\n    image: registry.example/web:1\n    environment: { MODE: slow }\n')
  const ended = await shop.run('plan', '--native', '--no-resolve')
  expect(ended.code, ended.all).toBe(0)
  expect(ended.out).toContain('update rack apps/Deployment/native/web')
  expect(ended.out).toMatch(/ - .*fast/)
  expect(ended.out).toMatch(/ \+ .*slow/)
})

it('pool list groups nodes by who made them, with their GPUs', async () => {
  const { targets } = document<PoolsReport>(await project('pools', '').run('pool', 'list', '--json'))
  expect(targets[0]?.pools.map((p) => [p.name, p.label, p.nodes, p.zones])).toEqual([
    ['general', 'karpenter.sh/nodepool', 2, ['a', 'b']],
    ['gpu', 'eks.amazonaws.com/nodegroup', 1, []],
  ])
  expect(targets[0]?.pools[1]?.gpus).toEqual([{ model: 'l4', total: 2, free: 2 }])
  expect((await project('pools', '').run('pools')).out).toMatch(/rack +general +2 /)
})

it('render --rbac prints a role of the namespace and apart the cluster role for capacity, which the server takes', async () => {
  const shop = project('rights', '    ports: ["80:80"]\n')
  const { objects } = document<{ readonly objects: readonly { readonly kind: string; readonly object: unknown }[] }>(
    await shop.run('render', '--rbac', '--json'),
  )
  expect(objects.map((o) => o.kind)).toEqual(['Role', 'ClusterRole'])
  await plane.api.request('POST', '/api/v1/namespaces', { metadata: { name: 'rights' } })
  const root = '/apis/rbac.authorization.k8s.io/v1'
  await plane.api.request(
    'POST',
    `${root}/namespaces/rights/roles?dryRun=All&fieldValidation=Strict`,
    objects[0]?.object,
  )
  await plane.api.request('POST', `${root}/clusterroles?dryRun=All&fieldValidation=Strict`, objects[1]?.object)
})

it('a cluster behind an HTTP proxy is reached by its kubeconfig, with the certificate checked', async () => {
  const proxy = await startConnectProxy()
  try {
    const config = JSON.parse(JSON.stringify(parse(await readFile(plane.kubeconfig, 'utf8'))))
    for (const { cluster } of config.clusters) cluster['proxy-url'] = `http://ana:pw@127.0.0.1:${proxy.port}`
    const kubeconfig = join(plane.folder, 'proxied.kubeconfig')
    await writeFile(kubeconfig, JSON.stringify(config))
    const shop = stand.project('proxied', {
      compose: 'services:\n  web:\n    image: registry.example/web:1\n',
      kubeconfig,
    })
    expect((await shop.run(...DEPLOY)).code).toBe(0)
    expect(proxy.tunnels.length).toBeGreaterThan(0)
  } finally {
    proxy.close()
  }
})
