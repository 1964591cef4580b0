// Chooses the node of one new replica with the built-in scheduler, and leases what it needs there: cards and ports.
import type { Refusal } from '../../../core/model/placement.ts'
import type { NodeCapacity } from '../../../core/model/resources.ts'
import { replicaClass, schedule } from '../../../core/schedule/index.ts'
import { nodeCapacity } from './capacity.ts'
import type { Ledger } from './ledger.ts'
import type { Alloc, PortLease, SpecVersion, WorkKey } from './model.ts'
import type { NodePool, PoolNode } from './nodes.ts'

export interface PlacementInput {
  readonly key: WorkKey
  readonly spec: SpecVersion
  readonly slot: number
  /** mode global pins. */
  readonly node: string | null
}

export type Placed =
  | {
      readonly kind: 'placed'
      readonly node: string
      readonly gpuIds: readonly string[]
      readonly ports: readonly PortLease[]
    }
  | { readonly kind: 'refused'; readonly because: string }

export interface PlacementDeps {
  readonly ledger: Ledger
  readonly nodes: NodePool
  readonly leasePort: () => number
}

export const place = (input: PlacementInput, deps: PlacementDeps): Placed => {
  const candidates = candidatesOf(input, deps.nodes)
  if (candidates.length === 0)
    return {
      kind: 'refused',
      because: `no node of ${input.key.target} runs ${input.spec.body.driver === 'process' ? 'host processes' : 'containers'}`,
    }
  const usable = usableNodes(candidates, input, deps)
  if (usable.length === 0)
    return {
      kind: 'refused',
      because: candidates.map((n) => `${n.name}: ${n.engine.because() ?? 'it does not answer'}`).join('; '),
    }
  const result = schedule({
    target: input.key.target,
    nodes: usable.map((u) => u.capacity),
    classes: [classOf(input)],
    counts: Int32Array.of(1),
    running: [],
    policy: 'balanced',
    seed: 0,
    preemption: false,
  })
  const chosen = usable[result.nodeOf[0] ?? -1]
  if (chosen === undefined) return { kind: 'refused', because: refusalWords(result.refusals[0] ?? []) }
  const devices = result.gpusOf.get(0) ?? []
  return {
    kind: 'placed',
    node: chosen.node.name,
    gpuIds: devices.flatMap((d) => chosen.capacity.gpus[d]?.id ?? []),
    ports: leases(input.spec, deps),
  }
}

const usableNodes = (
  candidates: readonly PoolNode[],
  input: PlacementInput,
  deps: PlacementDeps,
): readonly { readonly node: PoolNode; readonly capacity: NodeCapacity }[] => {
  const allocs = deps.ledger.allocs()
  const engineOf = (alloc: Alloc): string | null => deps.nodes.node(alloc.target, alloc.node)?.engine.key ?? null
  const leaving = new Set(allocs.filter((a) => isReplacedBy(input, a)).map((a) => a.id))
  return candidates.flatMap((node) => {
    const capacity = nodeCapacity(node, { allocs, leaving, engineOf, volumes: volumesOn(node, deps.ledger) })
    return capacity === null ? [] : [{ node, capacity }]
  })
}

/** The older replica of the same slot: the new one takes its place. */
const isReplacedBy = ({ key, slot, spec }: PlacementInput, alloc: Alloc): boolean =>
  spec.body.kind === 'service' &&
  alloc.target === key.target &&
  alloc.app === key.app &&
  alloc.service === key.service &&
  alloc.slot === slot

/** Nodes that one replica of a global service each wants. */
export const eligibleNodes = (key: WorkKey, spec: SpecVersion, nodes: NodePool): readonly string[] =>
  candidatesOf({ key, spec, slot: 0, node: null }, nodes)
    .filter((node) =>
      spec.body.placement.constraints.every((c) => {
        const value = labelOf(node, c.key)
        return c.operator === '==' ? value === c.value : value !== c.value
      }),
    )
    .map((node) => node.name)

const labelOf = (node: PoolNode, key: string): string | undefined => {
  if (key === 'node.hostname' || key === 'node.id') return node.name
  if (key.startsWith('node.labels.'))
    return { ...node.engine.facts()?.labels, ...node.labels }[key.slice('node.labels.'.length)]
  if (key === 'node.role') return 'manager'
  if (key === 'node.platform.os') return node.engine.facts()?.os
  return key === 'node.platform.arch' ? node.engine.facts()?.arch : undefined
}

const candidatesOf = (input: PlacementInput, nodes: NodePool): readonly PoolNode[] =>
  nodes
    .nodesOf(input.key.target)
    .filter((n) => (input.spec.body.driver === 'process' ? n.engine.kind === 'process' : n.engine.kind !== 'process'))
    .filter((n) => input.node === null || n.name === input.node)

const classOf = ({ key, spec }: PlacementInput) => {
  const { body } = spec
  const { requests, gpu, constraints, preferences, maxPerNode, platforms, priority } = body.placement
  return replicaClass(key.app, key.service, {
    requests,
    gpu,
    constraints,
    preferences,
    maxPerNode: body.mode === 'global' ? 1 : maxPerNode,
    hostPorts:
      body.driver === 'process'
        ? []
        : body.ports.flatMap((p) =>
            p.mode === 'host' && p.published !== null ? [`${p.protocol}/${p.published}`] : [],
          ),
    volumes: [...new Set(body.container.mounts.flatMap((m) => (m.kind === 'volume' ? [m.name] : [])))],
    platforms,
    priority,
  })
}

const volumesOn = (node: PoolNode, ledger: Ledger): readonly string[] =>
  ledger
    .objects()
    .flatMap((o) => (o.kind === 'volume' && o.target === node.target && node.name in o.nodes ? [o.name] : []))

/** Host processes get a leased port for each container port; containers bind only what the file publishes in mode host. */
const leases = ({ body }: SpecVersion, deps: PlacementDeps): readonly PortLease[] => {
  if (body.driver === 'docker')
    return body.ports.flatMap((p) =>
      p.mode === 'host'
        ? [{ containerPort: p.target, hostPort: p.published ?? 0, protocol: p.protocol, hostIp: p.hostIp }]
        : [],
    )
  const wanted = new Map([
    ...body.ports.map((p) => [`${p.target}/${p.protocol}`, { port: p.target, protocol: p.protocol }] as const),
    ...body.expose.map((p) => [`${p.port}/${p.protocol}`, p] as const),
  ])
  return [...wanted.values()].map(({ port, protocol }) => ({
    containerPort: port,
    hostPort: deps.leasePort(),
    protocol,
    hostIp: '127.0.0.1',
  }))
}

const refusalWords = (refusals: readonly Refusal[]): string =>
  refusals.length === 0
    ? 'it fits nowhere'
    : refusals
        .map((r) => `${r.reason} (${r.count === 1 ? r.example : `${r.count} nodes, such as ${r.example}`})`)
        .join('; ')
