// An autoscaler owns the count of replicas: the real controller scales on usage that metrics-server reads, deploys never
// write the count meanwhile, and it changes hands without a jump in both directions.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { awaitObject, type Plane, requestsOf, startPlane } from '../../clusters/index.ts'
import { administrator } from './access.ts'
import { createWorld, type World, wordsOf } from './world.ts'

const NODES = [1, 2].map((n) => ({ name: `node-${n}`, cpu: '16', memory: '64Gi', pods: 200 }))
const USER = 'deployer'
const APP = 'scaled'

/** The controller's own pace is made for minutes. */
const QUICK = [
  '--horizontal-pod-autoscaler-sync-period=1s',
  '--horizontal-pod-autoscaler-cpu-initialization-period=1s',
  '--horizontal-pod-autoscaler-initial-readiness-delay=1s',
  '--horizontal-pod-autoscaler-downscale-stabilization=1s',
]

/** Pods use 60 % of what they ask for: exactly the target, so that nothing moves by itself. */
const file = ({ image = 'web:1', autoscale = true, replicas = 3 } = {}): string => `
services:
  web:
    image: "${image}"
    ports: ["8080"]
    annotations: { kwok.x-k8s.io/usage-cpu: "300m", kwok.x-k8s.io/usage-memory: "64Mi" }
    deploy: { replicas: ${replicas}, resources: { reservations: { cpus: "0.5", memory: 128M } } }
    ${autoscale ? 'x-stormport: { autoscale: { min: 2, max: 5, cpu: 60 } }' : ''}
`

interface Deployment {
  readonly metadata: {
    readonly resourceVersion: string
    readonly managedFields: readonly {
      readonly manager: string
      readonly operation: string
      readonly fieldsV1: { readonly 'f:spec'?: Readonly<Record<string, unknown>> }
    }[]
  }
  readonly spec: { readonly replicas: number }
  readonly status: { readonly readyReplicas?: number }
}

interface Autoscaler {
  readonly spec: { readonly minReplicas: number; readonly maxReplicas: number }
  readonly status: {
    readonly desiredReplicas?: number
    readonly currentMetrics?: readonly {
      readonly resource?: { readonly current: { readonly averageUtilization?: number } }
    }[]
  }
}

const DEPLOYMENT = `/apis/apps/v1/namespaces/${APP}/deployments/web`
const AUTOSCALERS = `/apis/autoscaling/v2/namespaces/${APP}/horizontalpodautoscalers`
const READS: ReadonlySet<string> = new Set(['get', 'list', 'watch'])

const SCALING: ReadonlySet<string> = new Set(['deployments', 'horizontalpodautoscalers'])

/** Managers that own the count. */
const ownersOf = ({ metadata }: Deployment): readonly string[] =>
  metadata.managedFields.filter((m) => m.fieldsV1['f:spec']?.['f:replicas'] !== undefined).map((m) => m.manager)

describe('the count of replicas under an autoscaler', () => {
  let plane: Plane
  let world: World
  beforeAll(async () => {
    const flags = { controllerManager: QUICK }
    plane = await startPlane({ name: 'scaling', nodes: NODES, metrics: true, flags, audit: [USER] })
    world = createWorld(APP, [{ name: 'rack', kubeconfig: await administrator(plane, USER) }])
  })
  afterAll(async () => {
    await world?.close()
    await plane?.stop()
  })

  const read = (): Promise<Deployment> => plane.api.request<Deployment>('GET', DEPLOYMENT)

  /** Deploys; resolves to every count that the object has had meanwhile. */
  const countsDuring = async (compose: string): Promise<readonly number[]> => {
    const { metadata } = await read()
    const told = await world.deploy(compose)
    expect(told.result.exitCode, wordsOf(told)).toBe(0)
    const query = `watch=1&timeoutSeconds=1&fieldSelector=metadata.name%3Dweb&resourceVersion=${metadata.resourceVersion}`
    const text = await plane.api.request<unknown>('GET', `/apis/apps/v1/namespaces/${APP}/deployments?${query}`)
    const lines = typeof text === 'string' ? text.split('\n').filter((line) => line !== '') : [JSON.stringify(text)]
    // One line an event, as the API promises.
    const counts = lines.map((line) => (JSON.parse(line) as { readonly object: Deployment }).object.spec.replicas)
    return counts.filter((count, i) => count !== counts[i - 1])
  }

  const utilizationOf = ({ status }: Autoscaler): number =>
    status.currentMetrics?.[0]?.resource?.current.averageUtilization ?? -1

  const setUsage = async (cpu: string): Promise<void> => {
    const pods = `/api/v1/namespaces/${APP}/pods`
    const { items } = await plane.api.request<{
      readonly items: readonly { readonly metadata: { readonly name: string } }[]
    }>('GET', pods)
    for (const { metadata } of items)
      await plane.api.request('PATCH', `${pods}/${metadata.name}`, {
        metadata: { annotations: { 'kwok.x-k8s.io/usage-cpu': cpu } },
      })
  }

  it('is ours without one', async () => {
    const told = await world.deploy(file({ autoscale: false }))
    expect(told.result.exitCode, wordsOf(told)).toBe(0)
    expect(ownersOf(await read())).toEqual(['stormport'])
  })

  it('is handed over without a jump when one comes', async () => {
    expect(await countsDuring(file())).toEqual([3])
    expect(ownersOf(await read())).not.toContain('stormport')
    const seen = await awaitObject<Autoscaler>(plane.api, `${AUTOSCALERS}/web`, (a) => utilizationOf(a) === 60)
    expect(seen.spec).toMatchObject({ minReplicas: 2, maxReplicas: 5 })
    expect((await read()).spec.replicas).toBe(3)
  })

  it('follows the usage that the real controller sees, and no deploy sets it back', async () => {
    await setUsage('600m')
    const scaled = await awaitObject<Deployment>(
      plane.api,
      DEPLOYMENT,
      ({ spec, status }) => spec.replicas === 5 && status.readyReplicas === 5,
    )
    expect(ownersOf(scaled)).toEqual(['kube-controller-manager'])
    const before = (await requestsOf(plane, USER)).length
    const autoscaler = await plane.api.request<{ readonly metadata: { readonly generation?: number } }>(
      'GET',
      `${AUTOSCALERS}/web`,
    )
    expect(await countsDuring(file())).toEqual([])
    const writes = (await requestsOf(plane, USER)).slice(before).filter((r) => !READS.has(r.verb))
    expect(writes).toEqual([])
    expect(await countsDuring(file({ image: 'web:2' }))).toEqual([5])
    expect(
      (await plane.api.request<{ readonly metadata: { readonly generation?: number } }>('GET', `${AUTOSCALERS}/web`))
        .metadata.generation,
    ).toBe(autoscaler.metadata.generation)
    expect(ownersOf(await read())).toEqual(['kube-controller-manager'])
  })

  it('comes back at what runs, before the autoscaler ends, and then goes to what the file says', async () => {
    const running = (await read()).spec.replicas
    expect(await countsDuring(file({ image: 'web:2', autoscale: false }))).toEqual([running, 3])
    expect(ownersOf(await read())).toContain('stormport')
    const { items } = await plane.api.request<{ readonly items: readonly unknown[] }>('GET', AUTOSCALERS)
    expect(items).toEqual([])
    const requests = await requestsOf(plane, USER)
    const steps = requests.filter((r) => !READS.has(r.verb) && r.status < 300 && SCALING.has(r.resource))
    expect(steps.slice(-3).map((r) => `${r.verb} ${r.resource}`)).toEqual([
      'patch deployments',
      'delete horizontalpodautoscalers',
      'patch deployments',
    ])
    expect(await countsDuring(file({ image: 'web:2', autoscale: false, replicas: 4 }))).toEqual([4])
  })

  it('is not taken back in silence from somebody else who scaled', async () => {
    await plane.api.request('PATCH', `${DEPLOYMENT}/scale?fieldManager=their-scaler`, { spec: { replicas: 2 } })
    const compose = file({ image: 'web:2', autoscale: false, replicas: 4 })
    const declined = await world.deploy(compose)
    expect(declined.result.exitCode, wordsOf(declined)).toBe(10)
    expect((await world.plan(compose)).plan.actions[0]?.because).toContain('their-scaler')
    expect((await read()).spec.replicas).toBe(2)
    const allowed = await world.deploy(compose, ['override'])
    expect(allowed.result.exitCode, wordsOf(allowed)).toBe(0)
    expect((await read()).spec.replicas).toBe(4)
  })
})
