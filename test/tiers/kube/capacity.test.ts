// What a cluster really has free: nodes less what the pods of everybody on them ask for, GPUs too; and a deploy that does
// not fit is refused before anything is written.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Capacity, NodeCapacity } from '../../../core/model/resources.ts'
import { awaitObject, type Plane, requestsOf, startPlane } from '../../clusters/index.ts'
import { administrator } from './access.ts'
import { createDeployment, DEPLOYMENTS, type DeploymentState } from './objects.ts'
import { createWorld, type World, wordsOf } from './world.ts'

const GIBIBYTE = 2 ** 30
const L4 = { count: 2, product: 'NVIDIA-L4', memoryMib: 23_034 }
const NODES = [
  { name: 'cpu-1', cpu: '4', memory: '8Gi', zone: 'a' },
  { name: 'gpu-1', cpu: '8', memory: '32Gi', zone: 'b', gpus: L4 },
]
const USER = 'deployer'
const READS: ReadonlySet<string> = new Set(['get', 'list', 'watch'])

const file = (gpus: number, replicas = 1): string => `
services:
  train:
    image: train:1
    deploy: { replicas: ${replicas}, resources: { reservations: { cpus: "1", memory: 2G } } }
    x-stormport: { gpu: { models: [l4], count: ${gpus} } }
`

describe('the capacity of a real cluster', () => {
  let plane: Plane
  let kubeconfig: string
  let world: World
  beforeAll(async () => {
    plane = await startPlane({ name: 'capacity', nodes: NODES, audit: [USER] })
    kubeconfig = await administrator(plane, USER)
  })
  // One command, one look at the nodes: each test is a command of its own.
  beforeEach(() => {
    world = createWorld('learning', [{ name: 'rack', kubeconfig }])
  })
  afterEach(() => world?.close())
  afterAll(() => plane?.stop())

  const capacity = async (): Promise<Readonly<Record<string, NodeCapacity>>> => {
    const [target] = world.project(file(1)).fleet.targets
    if (target === undefined) throw new Error('no target')
    const seen: Capacity = await world.provider.capacity(target, AbortSignal.timeout(10_000))
    if (seen.kind === 'unknown') throw new Error(seen.because)
    return Object.fromEntries(seen.nodes.map((node) => [node.name, node]))
  }

  const freeGpus = (node: NodeCapacity | undefined): number =>
    node?.gpus.filter((gpu) => gpu.freeShare === 1).length ?? -1

  it('is all of the nodes while nothing runs, with the model of each GPU', async () => {
    const { 'cpu-1': cpu, 'gpu-1': gpu } = await capacity()
    expect(cpu).toMatchObject({ zone: 'a', free: { cpuMillis: 4_000, memoryBytes: 8 * GIBIBYTE }, gpus: [] })
    expect(gpu).toMatchObject({ zone: 'b', total: { cpuMillis: 8_000, memoryBytes: 32 * GIBIBYTE } })
    expect(gpu?.gpus.map((g) => g.model)).toEqual(['l4', 'l4'])
    expect(freeGpus(gpu)).toBe(2)
  })

  it('is less what pods ask for: ours, by service, and those of others', async () => {
    const told = await world.deploy(file(1))
    expect(told.result.exitCode, wordsOf(told)).toBe(0)
    const resources = { requests: { cpu: '1500m', memory: '1Gi' } }
    await createDeployment(plane.api, { name: 'theirs', container: { resources }, pod: { nodeName: 'cpu-1' } })
    await awaitObject<DeploymentState>(plane.api, `${DEPLOYMENTS}/theirs`, ({ status }) => status.readyReplicas === 1)
    const { 'cpu-1': cpu, 'gpu-1': gpu } = await capacity()
    expect(cpu?.free).toEqual({ cpuMillis: 2_500, memoryBytes: 7 * GIBIBYTE })
    expect(gpu?.free).toEqual({ cpuMillis: 7_000, memoryBytes: 30 * GIBIBYTE })
    expect(gpu?.replicas).toEqual({ 'learning/train': 1 })
    expect(freeGpus(gpu)).toBe(1)
  })

  it('refuses what does not fit with exit 5, in words, before anything is written', async () => {
    const before = (await requestsOf(plane, USER)).length
    const told = await world.deploy(file(1, 3))
    expect(told.result.exitCode, wordsOf(told)).toBe(5)
    expect(wordsOf(told)).toMatch(/train: 1 replica cannot be placed.*GPU/i)
    expect((await requestsOf(plane, USER)).slice(before).filter((r) => !READS.has(r.verb))).toEqual([])
  })

  it('does not count on a node that takes no pods', async () => {
    await plane.api.request('PATCH', '/api/v1/nodes/gpu-1', { spec: { unschedulable: true } })
    expect((await capacity())['gpu-1']?.cordoned).toBe(true)
    const told = await world.deploy(file(1, 2))
    expect(told.result.exitCode, wordsOf(told)).toBe(5)
  })
})
