// The harness itself on trial: planes of both minors are real, can be broken and healed, and leave nothing behind.
import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { awaitObject, kubectlProgram, type Minor, type Plane, startPlane } from '../../clusters/index.ts'
import { createDeployment, DEPLOYMENTS, type DeploymentState, PODS, type PodList, podsOf } from './objects.ts'
import { tracesOf } from './traces.ts'

const run = promisify(execFile)
const isReady =
  (count: number) =>
  ({ status }: DeploymentState): boolean =>
    status.readyReplicas === count

const NODES = [
  { name: 'cpu-1', cpu: '4', memory: '8Gi', zone: 'a' },
  { name: 'cpu-2', cpu: '4', memory: '8Gi', zone: 'b', labels: { disk: 'ssd' } },
  { name: 'gpu-1', cpu: '8', memory: '32Gi', gpus: { count: 2, product: 'NVIDIA-L4', memoryMib: 23034 } },
]

describe.each<[Minor, string]>([
  ['1.36', 'v1.36.3'],
  ['1.34', 'v1.34.4'],
])('a plane of Kubernetes %s', (minor, version) => {
  let plane: Plane
  beforeAll(async () => {
    const started = Date.now()
    plane = await startPlane({ name: `plane-${minor}`, minor, nodes: NODES })
    console.log(`${version} with ${NODES.length} nodes was usable after ${Date.now() - started} ms`)
  })
  afterAll(async () => {
    const started = Date.now()
    await plane?.stop()
    console.log(`${version} was gone after ${Date.now() - started} ms`)
    if (plane !== undefined) expect(tracesOf(plane.folder)).toEqual([])
  })

  it('is the version that it says', () => {
    expect(plane.version).toBe(version)
  })

  it('brings a Deployment to ready on simulated nodes', async () => {
    await createDeployment(plane.api, { name: 'web', replicas: 3 })
    await awaitObject(plane.api, `${DEPLOYMENTS}/web`, isReady(3))
    const { items } = await plane.api.request<PodList>('GET', podsOf('web'))
    const names = NODES.map((node) => node.name)
    expect(items.every((pod) => names.includes(pod.spec.nodeName ?? ''))).toBe(true)
  })

  it('has the scheduler place GPU work where the GPUs are', async () => {
    const limits = { 'nvidia.com/gpu': '2' }
    await createDeployment(plane.api, { name: 'train', container: { resources: { limits } } })
    await awaitObject(plane.api, `${DEPLOYMENTS}/train`, isReady(1))
    const { items } = await plane.api.request<PodList>('GET', podsOf('train'))
    expect(items[0]?.spec.nodeName).toBe('gpu-1')
    const node = await plane.api.request<{ metadata: { labels: Record<string, string> } }>('GET', '/api/v1/nodes/gpu-1')
    expect(node.metadata.labels['nvidia.com/gpu.product']).toBe('NVIDIA-L4')
  })

  it.each([
    ['image-pull', 'ImagePullBackOff'],
    ['crash', 'CrashLoopBackOff'],
  ])('lets a pod meet the fate %s', async (fate, reason) => {
    await createDeployment(plane.api, { name: fate, container: { env: [{ name: 'FATE', value: fate }] } })
    await awaitObject<PodList>(
      plane.api,
      podsOf(fate),
      ({ items }) => items[0]?.status.containerStatuses?.[0]?.state.waiting?.reason === reason,
    )
    await plane.api.request('DELETE', `${DEPLOYMENTS}/${fate}`)
  })

  it('binds a claim to a volume of its own', async () => {
    const path = '/api/v1/namespaces/default/persistentvolumeclaims'
    const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } }
    await plane.api.request('POST', path, { metadata: { name: 'data' }, spec })
    await awaitObject<{ status: { phase: string } }>(
      plane.api,
      `${path}/data`,
      ({ status }) => status.phase === 'Bound',
    )
  })

  it('answers logs and exec for simulated pods', async () => {
    const { items } = await plane.api.request<PodList>('GET', podsOf('web'))
    const pod = items[0]?.metadata.name ?? ''
    expect(await plane.api.request<string>('GET', `${PODS}/${pod}/log`)).toContain('second line')
    const { stdout } = await kubectl(plane.kubeconfig, 'exec', pod, '--', 'echo', 'from', 'inside')
    expect(stdout.trim()).toBe('from inside')
  })

  it('lets a named user do only what roles allow', async () => {
    const kubeconfig = await plane.kubeconfigFor({ user: 'jane', groups: ['deployers'] })
    await expect(kubectl(kubeconfig, 'get', 'pods')).rejects.toThrow(/"jane" cannot list resource "pods"/)
    const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/default'
    const group = { kind: 'Group', name: 'deployers', apiGroup: 'rbac.authorization.k8s.io' }
    const roleRef = { kind: 'ClusterRole', name: 'view', apiGroup: 'rbac.authorization.k8s.io' }
    await plane.api.request('POST', `${rbac}/rolebindings`, { metadata: { name: 'view' }, roleRef, subjects: [group] })
    expect((await kubectl(kubeconfig, 'get', 'pods', '-o', 'name')).stdout).toContain('pod/web')
  })

  it('takes a node in and out', async () => {
    await plane.addNode({ name: 'late', cpu: '1', memory: '1Gi' })
    await awaitObject<NodeState>(plane.api, '/api/v1/nodes/late', isNodeReady)
    await plane.removeNode('late')
    await expect(plane.api.request('GET', '/api/v1/nodes/late')).rejects.toMatchObject({ status: 404 })
  })
})

describe('a plane that breaks', () => {
  let plane: Plane
  beforeAll(async () => {
    plane = await startPlane({ name: 'broken', network: 'namespace', nodes: NODES.slice(0, 1), fast: true })
  })
  afterAll(async () => {
    await plane?.stop()
    if (plane !== undefined) expect(tracesOf(plane.folder)).toEqual([])
  })

  const answers = (): Promise<boolean> =>
    kubectl(plane.kubeconfig, 'get', '--raw', '/readyz', '--request-timeout=1s').then(
      () => true,
      () => false,
    )

  it('hangs while its API server is frozen', async () => {
    plane.freeze()
    expect(await answers()).toBe(false)
    plane.thaw()
    expect(await answers()).toBe(true)
  })

  it('is unreachable while it is cut off', async () => {
    await plane.cut()
    expect(await answers()).toBe(false)
    await plane.heal()
    expect(await answers()).toBe(true)
  })

  it('keeps its objects when etcd dies and comes back', async () => {
    await createDeployment(plane.api, { name: 'kept' })
    await plane.killEtcd()
    await expect(kubectl(plane.kubeconfig, 'get', 'deployments', '--request-timeout=1s')).rejects.toThrow()
    await plane.startEtcd()
    await awaitObject(plane.api, `${DEPLOYMENTS}/kept`, isReady(1))
  })
})

describe('a plane with metrics and load balancers', () => {
  let plane: Plane
  beforeAll(async () => {
    plane = await startPlane({ name: 'measured', nodes: NODES.slice(0, 1), metrics: true, loadBalancer: true })
  })
  afterAll(async () => {
    await plane?.stop()
    if (plane !== undefined) expect(tracesOf(plane.folder)).toEqual([])
  })

  it('tells the usage that a simulated pod is given', async () => {
    const annotations = { 'kwok.x-k8s.io/usage-cpu': '250m', 'kwok.x-k8s.io/usage-memory': '64Mi' }
    await createDeployment(plane.api, { name: 'busy', annotations })
    const path = '/apis/metrics.k8s.io/v1beta1/namespaces/default/pods'
    const { items } = await awaitObject<PodMetrics>(plane.api, path, (list) => list.items.length > 0)
    expect(items[0]?.containers[0]?.usage.memory).toBe('64Mi')
  })

  it('gives a Service of type LoadBalancer an address', async () => {
    const path = '/api/v1/namespaces/default/services'
    const spec = { type: 'LoadBalancer', ports: [{ port: 80 }] }
    await plane.api.request('POST', path, { metadata: { name: 'door' }, spec })
    const { status } = await awaitObject<Door>(
      plane.api,
      `${path}/door`,
      (door) => door.status.loadBalancer.ingress !== undefined,
    )
    expect(status.loadBalancer.ingress?.[0]?.ip).toBe('192.0.2.10')
  })
})

interface PodMetrics {
  readonly items: readonly { readonly containers: readonly { readonly usage: { readonly memory: string } }[] }[]
}

interface Door {
  readonly status: { readonly loadBalancer: { readonly ingress?: readonly { readonly ip: string }[] } }
}

describe('a plane with a token webhook', () => {
  it('believes what the webhook says of a bearer token', async () => {
    const webhook = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const review = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { spec: { token: string } }
        const known = review.spec.token === 'k8s-test-token'
        const status = { authenticated: known, ...(known ? { user: { username: 'cloud-user' } } : {}) }
        response.setHeader('content-type', 'application/json')
        response.end(JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', status }))
      })
    })
    await new Promise<void>((resolve) => webhook.listen(0, '127.0.0.1', resolve))
    const address = webhook.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const plane = await startPlane({ name: 'cloud', webhookToken: `http://127.0.0.1:${port}` })
    try {
      const whoami = ['auth', 'whoami', '--server', plane.server, '--insecure-skip-tls-verify']
      const { stdout } = await run(kubectlProgram(), [
        ...whoami,
        '--token',
        'k8s-test-token',
        '--kubeconfig',
        '/dev/null',
      ])
      expect(stdout).toContain('cloud-user')
    } finally {
      await plane.stop()
      webhook.close()
    }
  })
})

interface NodeState {
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
}

const isNodeReady = ({ status }: NodeState): boolean =>
  status.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') ?? false

const kubectl = (kubeconfig: string, ...argv: readonly string[]): Promise<{ stdout: string }> =>
  run(kubectlProgram(), ['--kubeconfig', kubeconfig, ...argv])
