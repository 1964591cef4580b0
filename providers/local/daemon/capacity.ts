// A pool's nodes as the scheduler reads them: what an engine has, less what is reserved and what our replicas asked for.
import type { GpuDevice, NodeCapacity, Resources } from '../../../core/model/resources.ts'
import { type Alloc, holdsThings } from './model.ts'
import type { PoolNode } from './nodes.ts'

/**
 * `allocs` of all targets: two targets on one machine share it. `leaving`: replicas whose place is being taken:
 * their CPU and memory do not count, their cards and host ports do until they are gone. `volumes`: those that exist on the node.
 */
export const nodeCapacity = (
  node: PoolNode,
  input: {
    readonly allocs: readonly Alloc[]
    readonly leaving: ReadonlySet<string>
    readonly engineOf: (alloc: Alloc) => string | null
    readonly volumes: readonly string[]
  },
): NodeCapacity | null => {
  const facts = node.engine.facts()
  if (facts === null || !node.engine.reachable()) return null
  const sharing = input.allocs.filter((a) => holdsThings(a) && input.engineOf(a) === node.engine.key)
  const staying = sharing.filter((a) => !input.leaving.has(a.id))
  const here = staying.filter((a) => a.target === node.target && a.node === node.name)
  const total = node.size ?? facts.total
  return {
    name: node.name,
    pool: null,
    zone: node.labels['zone'] ?? null,
    arch: facts.arch,
    os: facts.os,
    labels: { ...facts.labels, ...node.labels },
    taints: [],
    cordoned: false,
    total,
    free: minus(minus(total, node.reserve), sumOf(staying)),
    gpus: freeGpus(node.gpus.length > 0 ? node.gpus : facts.gpus, sharing),
    hostPorts: sharing.flatMap((a) => a.ports.map((p) => `${p.protocol}/${p.hostPort}`)),
    volumes: input.volumes,
    replicas: tally(here.map((a) => `${a.app}/${a.service}`)),
    priceUsdPerHour: 0,
  }
}

const sumOf = (allocs: readonly Alloc[]): Resources =>
  allocs.reduce(
    (sum, a) => ({
      cpuMillis: sum.cpuMillis + a.spec.body.placement.requests.cpuMillis,
      memoryBytes: sum.memoryBytes + a.spec.body.placement.requests.memoryBytes,
    }),
    { cpuMillis: 0, memoryBytes: 0 },
  )

const minus = (a: Resources, b: Resources): Resources => ({
  cpuMillis: Math.max(0, a.cpuMillis - b.cpuMillis),
  memoryBytes: Math.max(0, a.memoryBytes - b.memoryBytes),
})

/** Cards are handed out whole unless the service shares; two apps never get one id by accident. */
const freeGpus = (gpus: readonly GpuDevice[], allocs: readonly Alloc[]): readonly GpuDevice[] =>
  gpus.map((gpu) => {
    const taken = allocs
      .filter((a) => a.gpuIds.includes(gpu.id))
      .reduce((sum, a) => sum + (a.spec.body.placement.gpu?.share ?? 1), 0)
    return { ...gpu, freeShare: Math.max(0, gpu.freeShare - taken) }
  })

const tally = (keys: readonly string[]): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const key of keys) counts[key] = (counts[key] ?? 0) + 1
  return counts
}
