// Scheduling decisions a second against a naive scan of all nodes with the same constraints, in the same run: the rows of
// DESIGN section 10, each with its goal (a rate, or on a slower machine a ratio to the scan) and whether it holds.
// node bench/schedule.ts [PODS] [million]; 20,000 pods by default, 100000 for the published figure; with `million` also
// 100,000 nodes × 1,000,000 pods, best in a process of its own: `node bench/schedule.ts 0 million`. Fixed seeds; medians of
// three runs.

import { performance } from 'node:perf_hooks'
import { argv, memoryUsage, stdout } from 'node:process'
import type { NodeCapacity } from '../core/model/resources.ts'
import { schedule } from '../core/schedule/schedule.ts'
import type { ReplicaClass, ScheduleInput, SchedulePolicy } from '../core/schedule/types.ts'
import { sampleClass, sampleGpuRequest, sampleGpus, sampleNode } from '../test/builders/schedule.ts'

const GIB = 1024 ** 3
const SHAPES = 200
const RUNS = 3
/** The scan is slow by design: a sample of the pods tells its rate. */
const NAIVE_PODS = 500

/** mulberry32: the same cluster on every machine. */
const random = (seed: number): (() => number) => {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const cluster = (count: number): readonly NodeCapacity[] => {
  const next = random(1)
  return Array.from({ length: count }, (_, i) => {
    const cores = [16, 32, 64, 96][Math.floor(next() * 4)] ?? 16
    return sampleNode(`node-${i}`, {
      total: { cpuMillis: cores * 1000, memoryBytes: cores * 4 * GIB },
      zone: `zone-${i % 16}`,
      labels: { disk: next() < 0.5 ? 'ssd' : 'hdd' },
      taints: next() < 0.1 ? ['dedicated=batch:NoSchedule'] : [],
      gpus: next() < 0.1 ? sampleGpus(next() < 0.5 ? 'l4' : 'a10', 4) : [],
    })
  })
}

/** What any pod has: nothing but resources. */
const plainShape = (index: number, next: () => number): ReplicaClass => {
  const { key, requests } = shape(index, next)
  return { ...sampleClass(key), key, requests }
}

type Shape = (index: number, next: () => number) => ReplicaClass

const shape: Shape = (index, next) =>
  sampleClass(`service-${index}`, {
    requests: { cpuMillis: 100 + Math.floor(next() * 20) * 100, memoryBytes: (1 + Math.floor(next() * 8)) * (GIB / 4) },
    gpu: next() < 0.03 ? sampleGpuRequest({ models: next() < 0.5 ? ['l4'] : [], sharing: 'allow', share: 0.25 }) : null,
    constraints: next() < 0.2 ? [{ key: 'node.labels.disk', operator: '==', value: 'ssd' }] : [],
    tolerations: next() < 0.1 ? ['dedicated'] : [],
  })

const workload = (shapes: number, pods: number, make: Shape): Pick<ScheduleInput, 'classes' | 'counts'> => {
  const next = random(2)
  const classes = Array.from({ length: shapes }, (_, i) => make(i, next))
  const counts = new Int32Array(shapes)
  for (let pod = 0; pod < pods; pod++) {
    const index = pod % shapes
    counts[index] = (counts[index] ?? 0) + 1
  }
  return { classes, counts }
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

const timed = (work: () => number): { readonly rate: number; readonly done: number } => {
  const rates: number[] = []
  let done = 0
  for (let run = 0; run < RUNS; run++) {
    const start = performance.now()
    done = work()
    rates.push((done / (performance.now() - start)) * 1000)
  }
  return { rate: median(rates), done }
}

/** What a loop over plain columns does for each pod: the same filters, one spread and one fill score, best of all nodes. */
const naive = (nodes: readonly NodeCapacity[], classes: readonly ReplicaClass[], pods: number): number => {
  const cpu = Float64Array.from(nodes, (n) => n.free.cpuMillis)
  const memory = Float64Array.from(nodes, (n) => n.free.memoryBytes)
  const gpu = Float64Array.from(nodes, (n) => n.gpus.length)
  const ssd = Uint8Array.from(nodes, (n) => (n.labels['disk'] === 'ssd' ? 1 : 0))
  const tainted = Uint8Array.from(nodes, (n) => (n.taints.length > 0 ? 1 : 0))
  const zone = Int32Array.from(nodes, (_, i) => i % 16)
  const perClass = classes.map(() => ({ zones: new Int32Array(16), nodes: new Uint16Array(nodes.length) }))
  for (let pod = 0; pod < pods; pod++) {
    const index = pod % classes.length
    const cls = classes[index]
    const counts = perClass[index]
    if (cls === undefined || counts === undefined) continue
    const { cpuMillis, memoryBytes } = cls.requests
    const share = cls.gpu?.share ?? 0
    let best = -1
    let bestScore = Number.NEGATIVE_INFINITY
    for (let row = 0; row < nodes.length; row++) {
      if ((cpu[row] ?? 0) < cpuMillis || (memory[row] ?? 0) < memoryBytes || (gpu[row] ?? 0) < share) continue
      if (cls.constraints.length > 0 && ssd[row] === 0) continue
      if (tainted[row] === 1 && cls.tolerations.length === 0) continue
      const spread = -(counts.zones[zone[row] ?? 0] ?? 0) * 1e6 - (counts.nodes[row] ?? 0) * 1e3
      const score =
        spread - (share === 0 && (gpu[row] ?? 0) > 0 ? 1e9 : 0) + (cpu[row] ?? 0) / 1e3 + (memory[row] ?? 0) / 1e12
      if (score > bestScore) [best, bestScore] = [row, score]
    }
    if (best < 0) continue
    cpu[best] = (cpu[best] ?? 0) - cpuMillis
    memory[best] = (memory[best] ?? 0) - memoryBytes
    gpu[best] = (gpu[best] ?? 0) - share
    counts.nodes[best] = (counts.nodes[best] ?? 0) + 1
    counts.zones[zone[best] ?? 0] = (counts.zones[zone[best] ?? 0] ?? 0) + 1
  }
  return pods
}

const number = (value: number): string => Math.round(value).toLocaleString('en')

interface Case {
  readonly name: string
  readonly nodes: readonly NodeCapacity[]
  readonly shapes: number
  readonly pods: number
  readonly policy: SchedulePolicy
  readonly make?: Shape
  readonly goal: { readonly rate: number; readonly ratio: number }
}

const inputOf = ({ nodes, shapes, pods, policy, make }: Omit<Case, 'name' | 'goal'>): ScheduleInput => ({
  target: 'bench',
  nodes,
  ...workload(shapes, pods, make ?? shape),
  running: [],
  policy,
  seed: 1,
  preemption: false,
})

const report = ({ name, goal, ...rest }: Case): void => {
  const input = inputOf(rest)
  let unplaced = 0
  const ours = timed(() => {
    const { nodeOf } = schedule(input)
    unplaced = nodeOf.reduce((sum, node) => sum + (node < 0 ? 1 : 0), 0)
    return nodeOf.length
  })
  const scan = timed(() => naive(input.nodes, input.classes, Math.min(rest.pods, NAIVE_PODS)))
  const ratio = ours.rate / scan.rate
  const holds = ours.rate >= goal.rate || ratio >= goal.ratio
  stdout.write(
    `${name}: ${number(input.nodes.length)} nodes × ${number(rest.pods)} pods, ${number(rest.shapes)} shapes: ` +
      `${number(ours.rate)} decisions/s, naive scan ${number(scan.rate)}/s, ratio ${ratio.toFixed(1)}; ${number(unplaced)} unplaced; ` +
      `goal ${number(goal.rate)}/s or ratio ${goal.ratio}: ${holds ? 'holds' : 'MISSED'}\n`,
  )
}

/** Once, for the time and the memory of one run are the figure. */
const million = (): void => {
  const input = inputOf({ nodes: cluster(100_000), shapes: SHAPES, pods: 1_000_000, policy: 'balanced' })
  const start = performance.now()
  const { nodeOf } = schedule(input)
  const seconds = (performance.now() - start) / 1000
  const memory = Math.round(memoryUsage().rss / 1024 ** 2)
  stdout.write(
    `a million: 100,000 nodes × ${number(nodeOf.length)} pods: ${seconds.toFixed(1)} s, ${memory} MiB; ` +
      `goal 20 s, 600 MiB: ${seconds <= 20 && memory <= 600 ? 'holds' : 'MISSED'}\n`,
  )
}

const main = (): void => {
  const pods = Number(argv[2] ?? 20_000)
  if (pods > 0) rows(pods)
  if (argv[3] === 'million') million()
}

const rows = (pods: number): void => {
  const nodes = cluster(5_000)
  const many = { shapes: SHAPES, pods, policy: 'balanced' } as const
  report({ name: 'balanced', nodes, ...many, goal: { rate: 50_000, ratio: 1.6 } })
  report({ name: 'three times the nodes', nodes: cluster(15_000), ...many, goal: { rate: 60_000, ratio: 5 } })
  report({ name: 'spread', nodes, ...many, policy: 'spread', goal: { rate: 20_000, ratio: 2 } })
  const unique = { nodes, shapes: Math.min(pods, 2000), pods: Math.min(pods, 2000), policy: 'balanced' } as const
  report({ name: 'every pod unique', ...unique, goal: { rate: 3_000, ratio: 0.9 } })
  report({ name: 'every pod unique, resources only', ...unique, make: plainShape, goal: { rate: 8_000, ratio: 0.9 } })
}

main()
