// The nodes of one target as columns. Rows stand in the order in which ties break (price, rendezvous hash, name), so that
// "the lower row wins" is the whole tie rule and the order of the caller's list does not matter.
import type { NodeCapacity } from '../model/resources.ts'
import { zoneOf } from './node-value.ts'

export interface NodeTable {
  readonly target: string
  readonly size: number
  readonly nodes: readonly NodeCapacity[]
  /** Row → index in the caller's list. */
  readonly inputIndex: Int32Array
  readonly rowOf: Int32Array
  readonly freeCpu: Float64Array
  readonly freeMemory: Float64Array
  readonly totalCpu: Float64Array
  readonly totalMemory: Float64Array
  /** First device of each row; length size + 1. */
  readonly deviceStart: Int32Array
  readonly deviceModel: readonly string[]
  readonly deviceId: readonly string[]
  readonly deviceMemory: Float64Array
  /** Thousandths of a card that are free: shares add up exactly. */
  readonly deviceFree: Int32Array
  readonly hostPorts: (Set<string> | undefined)[]
  /** Volume name → rows that hold it. */
  readonly volumeRows: Map<string, Set<number>>
  /** '<app>/<service>' → row → replicas there. */
  readonly replicas: Map<string, Map<number, number>>
  /** Spread domains by key, made on first use. */
  readonly domains: Map<string, Domain>
  /** Verdicts of the filters that no placement changes, by what they read of a class. */
  readonly masks: Map<string, NodeMask>
  /** Rows under consideration: one buffer, overwritten by each search. */
  readonly candidates: Int32Array
}

export interface NodeMask {
  /** 1 = eligible. */
  readonly of: Uint8Array
  /** The eligible rows, in order. */
  readonly rows: Int32Array
}

export interface Domain {
  readonly of: Int32Array
  readonly size: number
}

export const SHARE_UNITS = 1000

export const buildNodeTable = (target: string, nodes: readonly NodeCapacity[], seed: number): NodeTable => {
  const order = tieOrder(target, nodes, seed)
  const sorted = order.map((index) => nodes[index] as NodeCapacity)
  const inputIndex = Int32Array.from(order)
  const rowOf = new Int32Array(nodes.length)
  inputIndex.forEach((index, row) => {
    rowOf[index] = row
  })
  return {
    target,
    size: nodes.length,
    nodes: sorted,
    inputIndex,
    rowOf,
    freeCpu: Float64Array.from(sorted, (n) => n.free.cpuMillis),
    freeMemory: Float64Array.from(sorted, (n) => n.free.memoryBytes),
    totalCpu: Float64Array.from(sorted, (n) => n.total.cpuMillis),
    totalMemory: Float64Array.from(sorted, (n) => n.total.memoryBytes),
    ...deviceColumns(sorted),
    hostPorts: sorted.map((n) => (n.hostPorts.length > 0 ? new Set(n.hostPorts) : undefined)),
    volumeRows: volumeRows(sorted),
    replicas: replicaCounts(sorted),
    domains: new Map(),
    masks: new Map(),
    candidates: new Int32Array(nodes.length),
  }
}

/** The rows' values of one key as small integers. */
export const domainOf = (table: NodeTable, key: string, readValue: (node: NodeCapacity) => string): Domain => {
  const known = table.domains.get(key)
  if (known !== undefined) return known
  const ids = new Map<string, number>()
  const of = new Int32Array(table.size)
  table.nodes.forEach((node, row) => {
    const value = readValue(node)
    const id = ids.get(value) ?? ids.size
    ids.set(value, id)
    of[row] = id
  })
  const domain = { of, size: ids.size }
  table.domains.set(key, domain)
  return domain
}

/** Row → replicas of the key there; one map a key for the life of the table. */
export const replicasOf = (table: NodeTable, key: string): Map<number, number> => {
  const known = table.replicas.get(key)
  if (known !== undefined) return known
  const rows = new Map<number, number>()
  table.replicas.set(key, rows)
  return rows
}

export const zoneDomain = (table: NodeTable): Domain => domainOf(table, 'zone', zoneOf)

/** FNV-1a over the text, mixed with the seed: the same node gets the same weight whoever else is there. */
export const rendezvousHash = (text: string, seed: number): number => {
  let hash = (0x811c9dc5 ^ seed) >>> 0
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

const tieOrder = (target: string, nodes: readonly NodeCapacity[], seed: number): number[] => {
  const keyed = nodes.map((node, index) => ({ index, node, hash: rendezvousHash(`${target}/${node.name}`, seed) }))
  keyed.sort(
    (a, b) =>
      a.node.priceUsdPerHour - b.node.priceUsdPerHour || b.hash - a.hash || (a.node.name < b.node.name ? -1 : 1),
  )
  return keyed.map(({ index }) => index)
}

const deviceColumns = (nodes: readonly NodeCapacity[]) => {
  const deviceStart = new Int32Array(nodes.length + 1)
  nodes.forEach((node, row) => {
    deviceStart[row + 1] = (deviceStart[row] ?? 0) + node.gpus.length
  })
  const devices = nodes.flatMap((node) => node.gpus)
  return {
    deviceStart,
    deviceModel: devices.map((device) => device.model),
    deviceId: devices.map((device) => device.id),
    deviceMemory: Float64Array.from(devices, (device) => device.memoryBytes),
    deviceFree: Int32Array.from(devices, (device) => Math.round(device.freeShare * SHARE_UNITS)),
  }
}

const volumeRows = (nodes: readonly NodeCapacity[]): Map<string, Set<number>> => {
  const rows = new Map<string, Set<number>>()
  nodes.forEach((node, row) => {
    for (const volume of node.volumes) rows.set(volume, (rows.get(volume) ?? new Set()).add(row))
  })
  return rows
}

const replicaCounts = (nodes: readonly NodeCapacity[]): Map<string, Map<number, number>> => {
  const counts = new Map<string, Map<number, number>>()
  nodes.forEach((node, row) => {
    for (const [key, count] of Object.entries(node.replicas)) {
      if (count > 0) counts.set(key, (counts.get(key) ?? new Map()).set(row, count))
    }
  })
  return counts
}
