// Plain nodes and classes that tests and benchmarks vary: one property each, everything else neutral.
import type { GpuDevice, GpuRequest, NodeCapacity } from '../../core/model/resources.ts'
import { type ClassNeeds, replicaClass } from '../../core/schedule/replica-class.ts'
import { schedule } from '../../core/schedule/schedule.ts'
import type { ReplicaClass, ScheduleInput, ScheduleResult } from '../../core/schedule/types.ts'

const GIB = 1024 ** 3

export const sampleNode = (name: string, over: Partial<NodeCapacity> = {}): NodeCapacity => {
  const total = over.total ?? over.free ?? { cpuMillis: 4000, memoryBytes: 16 * GIB }
  return {
    name,
    pool: null,
    zone: null,
    arch: 'amd64',
    os: 'linux',
    labels: {},
    taints: [],
    cordoned: false,
    total,
    free: total,
    gpus: [],
    hostPorts: [],
    volumes: [],
    replicas: {},
    priceUsdPerHour: 0,
    ...over,
  }
}

export const sampleGpus = (model: string, count: number, freeShare = 1): readonly GpuDevice[] =>
  Array.from({ length: count }, (_, i) => ({ id: String(i), model, memoryBytes: 24 * GIB, freeShare }))

export const sampleGpuRequest = (over: Partial<GpuRequest> = {}): GpuRequest => ({
  models: [],
  minMemoryBytes: 0,
  count: 1,
  deviceIds: [],
  sharing: 'refuse',
  share: 1,
  ...over,
})

export const sampleClass = (service: string, needs: ClassNeeds = {}): ReplicaClass =>
  replicaClass('app', service, { requests: { cpuMillis: 1000, memoryBytes: GIB }, ...needs })

export const sampleInput = (
  nodes: readonly NodeCapacity[],
  work: readonly (readonly [ReplicaClass, number])[],
  over: Partial<ScheduleInput> = {},
): ScheduleInput => ({
  target: 'here',
  nodes,
  classes: work.map(([cls]) => cls),
  counts: Int32Array.from(work, ([, count]) => count),
  running: [],
  policy: 'balanced',
  seed: 1,
  preemption: false,
  ...over,
})

/** Names of the nodes that each class got, sorted; null for replicas without a node. */
export const nodeNames = (
  input: ScheduleInput,
  result: ScheduleResult = schedule(input),
): readonly (readonly (string | null)[])[] =>
  input.classes.map((_, index) =>
    [...result.nodeOf.subarray(result.offsets[index], result.offsets[index + 1])]
      .map((node) => input.nodes[node]?.name ?? null)
      .sort((a, b) => ((a ?? '~') < (b ?? '~') ? -1 : 1)),
  )
