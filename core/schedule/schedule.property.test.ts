import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sampleClass, sampleGpuRequest, sampleInput, sampleNode } from '../../test/builders/schedule.ts'
import type { GpuRequest, NodeCapacity } from '../model/resources.ts'
import { schedule } from './schedule.ts'
import type { ReplicaClass, RunningReplica, ScheduleInput, ScheduleResult } from './types.ts'

const GIB = 1024 ** 3
// One seed: a red run can be repeated. Other seeds and more runs look further.
const RUNS = { numRuns: 300, seed: 20_261 }
const oneOf = <T>(...values: T[]) => fc.constantFrom(...values)

const nodeArbitrary = (name: string): fc.Arbitrary<NodeCapacity> =>
  fc
    .record({
      cpu: fc.integer({ min: 0, max: 8 }),
      memory: fc.integer({ min: 0, max: 8 }),
      zone: oneOf('a', 'b', null),
      arch: oneOf('amd64', 'amd64', 'arm64'),
      disk: oneOf('ssd', 'hdd', ''),
      taints: oneOf<string[]>([], [], [], ['gpu:NoSchedule']),
      cordoned: oneOf(false, false, false, false, true),
      gpus: fc.array(fc.record({ model: oneOf('l4', 'a10'), free: oneOf(0, 0.3, 0.5, 1, 1) }), { maxLength: 3 }),
      hostPorts: oneOf<string[]>([], [], ['tcp/80']),
      volumes: oneOf<string[]>([], [], [], ['v0']),
      running: oneOf(0, 0, 1, 2),
      price: oneOf(0, 1),
    })
    .map((r) =>
      sampleNode(name, {
        free: { cpuMillis: r.cpu * 500, memoryBytes: r.memory * GIB },
        total: { cpuMillis: 4000, memoryBytes: 8 * GIB },
        zone: r.zone,
        arch: r.arch,
        labels: r.disk === '' ? {} : { disk: r.disk },
        taints: r.taints,
        cordoned: r.cordoned,
        gpus: r.gpus.map(({ model, free }, i) => ({ id: String(i), model, memoryBytes: 24 * GIB, freeShare: free })),
        hostPorts: r.hostPorts,
        volumes: r.volumes,
        replicas: r.running > 0 ? { 'app/c0': r.running } : {},
        priceUsdPerHour: r.price,
      }),
    )

const gpuArbitrary: fc.Arbitrary<GpuRequest | null> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(null) },
  {
    weight: 2,
    arbitrary: fc
      .record({ models: oneOf<string[]>([], ['l4']), count: oneOf(1, 1, 2), shared: fc.boolean() })
      .map(({ models, count, shared }) =>
        sampleGpuRequest({ models, count, sharing: shared ? 'allow' : 'refuse', share: shared ? 0.3 : 1 }),
      ),
  },
)

const classArbitrary = (name: string): fc.Arbitrary<readonly [ReplicaClass, number]> =>
  fc
    .record({
      cpu: fc.integer({ min: 1, max: 3 }),
      memory: fc.integer({ min: 0, max: 2 }),
      gpu: gpuArbitrary,
      constraint: oneOf(null, null, null, '==' as const, '!=' as const),
      spread: oneOf(false, false, true),
      maxPerNode: oneOf(null, null, null, 1, 2),
      hostPorts: oneOf<string[]>([], [], [], ['tcp/80'], ['tcp/81']),
      volumes: oneOf<string[]>([], [], [], ['v0'], ['v1']),
      antiAffinity: oneOf<string[]>([], [], [], ['app/c1'], [`app/${name}`]),
      platforms: oneOf<string[]>([], [], ['linux/amd64']),
      tolerations: oneOf<string[]>([], ['gpu']),
      priority: oneOf(0, 0, 1, 5),
      gang: oneOf(false, false, false, true),
      count: fc.integer({ min: 0, max: 7 }),
    })
    .map(({ cpu, memory, constraint, spread, count, ...needs }) => [
      sampleClass(name, {
        ...needs,
        requests: { cpuMillis: cpu * 500, memoryBytes: memory * GIB },
        constraints: constraint === null ? [] : [{ key: 'node.labels.disk', operator: constraint, value: 'ssd' }],
        preferences: spread ? [{ spread: 'node.labels.disk' }] : [],
      }),
      count,
    ])

const runningArbitrary = (nodes: number): fc.Arbitrary<readonly RunningReplica[]> =>
  fc
    .array(
      fc.record({
        node: fc.nat({ max: nodes - 1 }),
        priority: fc.integer({ min: 0, max: 5 }),
        cpu: fc.integer({ min: 1, max: 3 }),
      }),
      { maxLength: 6 },
    )
    .map((all) =>
      all.map(({ node, priority, cpu }, i) => ({
        id: `r${i}`,
        node,
        key: 'app/old',
        priority,
        requests: { cpuMillis: cpu * 500, memoryBytes: GIB },
        gpus: [],
      })),
    )

const inputArbitrary: fc.Arbitrary<ScheduleInput> = fc
  .record({
    nodes: fc.tuple(...['n0', 'n1', 'n2', 'n3', 'n4', 'n5'].map(nodeArbitrary)),
    work: fc.tuple(...['c0', 'c1', 'c2', 'c3'].map(classArbitrary)),
    running: runningArbitrary(6),
    policy: oneOf('balanced' as const, 'balanced' as const, 'pack' as const, 'spread' as const),
    preemption: fc.boolean(),
    seed: fc.nat({ max: 9 }),
  })
  .map(({ nodes, work, ...over }) => sampleInput(nodes, work, over))

interface Placed {
  readonly cls: ReplicaClass
  readonly node: number
  readonly gpus: readonly number[]
}

const placedOf = (input: ScheduleInput, result: ScheduleResult): readonly Placed[] =>
  input.classes.flatMap((cls, index) =>
    entriesOf(result, index).flatMap((entry) => {
      const node = result.nodeOf[entry] ?? -1
      return node < 0 ? [] : [{ cls, node, gpus: result.gpusOf.get(entry) ?? [] }]
    }),
  )

const entriesOf = ({ offsets }: ScheduleResult, index: number): readonly number[] => {
  const start = offsets[index] ?? 0
  return Array.from({ length: (offsets[index + 1] ?? 0) - start }, (_, i) => start + i)
}

const holds = (name: string, property: (input: ScheduleInput, result: ScheduleResult) => void) =>
  it(name, () => {
    fc.assert(
      fc.property(inputArbitrary, (input) => property(input, schedule(input))),
      RUNS,
    )
  })

const perNode = (
  input: ScheduleInput,
  result: ScheduleResult,
  check: (node: NodeCapacity, placed: readonly Placed[], evicted: readonly RunningReplica[]) => void,
): void => {
  const placed = placedOf(input, result)
  input.nodes.forEach((node, index) => {
    check(
      node,
      placed.filter((p) => p.node === index),
      input.running.filter((r) => r.node === index && result.preempted.includes(r.id)),
    )
  })
}

describe('capacity is never exceeded', () => {
  holds('in CPU and memory', (input, result) =>
    perNode(input, result, (node, placed, evicted) => {
      const cpu = (all: readonly { readonly requests: { readonly cpuMillis: number } }[]): number =>
        all.reduce((sum, { requests }) => sum + requests.cpuMillis, 0)
      const memory = (all: readonly { readonly requests: { readonly memoryBytes: number } }[]): number =>
        all.reduce((sum, { requests }) => sum + requests.memoryBytes, 0)
      const classes = placed.map((p) => p.cls)
      expect(cpu(classes)).toBeLessThanOrEqual(node.free.cpuMillis + cpu(evicted))
      expect(memory(classes)).toBeLessThanOrEqual(node.free.memoryBytes + memory(evicted))
    }),
  )

  holds('in GPUs: shares add up, models match, whole cards are whole', (input, result) =>
    perNode(input, result, (node, placed) => {
      const used = node.gpus.map(() => 0)
      for (const { cls, gpus } of placed) {
        expect(gpus).toHaveLength(cls.gpu?.count ?? 0)
        expect(new Set(gpus).size).toBe(gpus.length)
        for (const device of gpus) {
          used[device] = (used[device] ?? 0) + (cls.gpu?.sharing === 'allow' ? cls.gpu.share : 1)
          if (cls.gpu !== null && cls.gpu.models.length > 0) expect(cls.gpu.models).toContain(node.gpus[device]?.model)
        }
      }
      for (const [device, share] of used.entries())
        expect(share).toBeLessThanOrEqual((node.gpus[device]?.freeShare ?? 0) + 1e-9)
    }),
  )

  holds('in host ports, replicas per node and anti-affinity', (input, result) =>
    perNode(input, result, (node, placed) => {
      const ports = [...node.hostPorts, ...placed.flatMap((p) => p.cls.hostPorts)]
      expect(new Set(ports).size).toBe(ports.length)
      const keys = (key: string): number => (node.replicas[key] ?? 0) + placed.filter((p) => p.cls.key === key).length
      for (const { cls } of placed) {
        if (cls.maxPerNode !== null) expect(keys(cls.key)).toBeLessThanOrEqual(cls.maxPerNode)
        for (const other of cls.antiAffinity) expect(keys(other)).toBeLessThanOrEqual(other === cls.key ? 1 : 0)
      }
    }),
  )
})

describe('every schedule', () => {
  holds('keeps to what the node is: cordon, platform, taints, constraints', (input, result) => {
    for (const { cls, node: index } of placedOf(input, result)) {
      const node = input.nodes[index]
      expect(node?.cordoned).toBe(false)
      if (cls.platforms.length > 0) expect(node?.arch).toBe('amd64')
      if ((node?.taints.length ?? 0) > 0) expect(cls.tolerations).toContain('gpu')
      for (const { operator } of cls.constraints) expect(node?.labels['disk'] === 'ssd').toBe(operator === '==')
    }
  })

  holds('keeps all replicas of a volume where the volume is, on one node if it is new', (input, result) => {
    for (const volume of ['v0', 'v1']) {
      const holders = input.nodes.filter((node) => node.volumes.includes(volume)).map((node) => node.name)
      const users = new Set(
        placedOf(input, result).flatMap((p) =>
          p.cls.volumes.includes(volume) ? [input.nodes[p.node]?.name ?? ''] : [],
        ),
      )
      if (holders.length === 0) expect(users.size).toBeLessThan(2)
      else for (const user of users) expect(holders).toContain(user)
    }
  })

  holds('explains each class that lacks a node, and only those', (input, result) => {
    input.classes.forEach((_, index) => {
      const missing = entriesOf(result, index).some((entry) => result.nodeOf[entry] === -1)
      expect((result.refusals[index]?.length ?? 0) > 0).toBe(missing)
    })
  })

  holds('places all of a gang or none of it', (input, result) => {
    input.classes.forEach((cls, index) => {
      const nodes = entriesOf(result, index).map((entry) => result.nodeOf[entry] === -1)
      if (cls.gang) expect(new Set(nodes).size).toBeLessThan(2)
    })
  })

  holds('evicts only lower priorities, and nothing unless asked', (input, result) => {
    const highest = Math.max(...input.classes.map((cls) => cls.priority))
    for (const id of result.preempted) expect(input.running.find((r) => r.id === id)?.priority).toBeLessThan(highest)
    if (!input.preemption) expect(result.preempted).toEqual([])
    expect(new Set(result.preempted).size).toBe(result.preempted.length)
  })

  holds('is the same for the same input', (input, result) => {
    expect(schedule(input)).toEqual(result)
  })

  it('is the same whatever the order of the nodes', () => {
    fc.assert(
      fc.property(inputArbitrary, fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 }), (input, order) => {
        const shuffled: ScheduleInput = {
          ...input,
          nodes: order.map((index) => input.nodes[index] as NodeCapacity),
          running: input.running.map((replica) => ({ ...replica, node: order.indexOf(replica.node) })),
        }
        const result = schedule(shuffled)
        const original = [...schedule(input).nodeOf].map((node) => input.nodes[node]?.name)
        expect([...result.nodeOf].map((node) => shuffled.nodes[node]?.name)).toEqual(original)
        expect(result.preempted).toEqual(schedule(input).preempted)
      }),
      RUNS,
    )
  })

  holds('is exact: replica by replica over all nodes gives the same nodes', (input, result) => {
    if (input.preemption || input.classes.some((cls) => cls.gang)) return
    const one = input.classes.flatMap((cls, index) =>
      Array.from({ length: Math.max(1, input.counts[index] ?? 0) }, () => ({
        cls,
        count: Math.min(1, input.counts[index] ?? 0),
      })),
    )
    const single = schedule({
      ...input,
      classes: one.map(({ cls }) => cls),
      counts: Int32Array.from(one, ({ count }) => count),
    })
    expect([...single.nodeOf]).toEqual([...result.nodeOf])
  })
})

describe('the generated cases', () => {
  it('hit what is interesting: full nodes, GPUs, shares, evictions, gangs, refusals, new volumes', () => {
    const seen = { missing: 0, gpus: 0, shares: 0, evictions: 0, gangs: 0, brokenGangs: 0, pins: 0, exact: 0 }
    for (const input of fc.sample(inputArbitrary, { numRuns: 800, seed: 7 })) {
      const result = schedule(input)
      const placed = placedOf(input, result)
      if (result.nodeOf.includes(-1)) seen.missing++
      if (placed.some((p) => p.gpus.length > 0)) seen.gpus++
      if (placed.filter((p) => p.cls.gpu?.sharing === 'allow').length > 1) seen.shares++
      if (result.preempted.length > 0) seen.evictions++
      if (placed.filter((p) => p.cls.gang).length > 1) seen.gangs++
      if (result.refusals.some((rows) => rows.some((row) => row.reason.includes('gang')))) seen.brokenGangs++
      if (placed.filter((p) => p.cls.volumes.includes('v1')).length > 1) seen.pins++
      if (!input.preemption && !input.classes.some((cls) => cls.gang)) seen.exact++
    }
    for (const [name, count] of Object.entries(seen)) expect(count, name).toBeGreaterThan(20)
  })
})
