// A local target: its nodes, and whether all of it is this machine (DESIGN section 1, This machine).
import { resolve } from 'node:path'
import type { LocalNode, LocalTarget } from '../model/fleet.ts'
import { gpuMemoryBytes, gpuModel } from '../model/gpu.ts'
import { parseCpus, parseSize } from '../model/quantity.ts'
import type { GpuDevice, Resources } from '../model/resources.ts'
import type { CardInput, LocalInput, NodeInput } from './fleet-schema.ts'

/** Paths in the stanza count from `folder`, that of stormport.yaml. */
export const localTargetOf = (input: LocalInput, folder: string): LocalTarget => ({
  driver: input.driver ?? null,
  daemon: input.daemon ?? null,
  nodes: Object.entries(input.nodes ?? {}).map(([name, node]) => nodeOf(name, node, folder)),
})

const nodeOf = (name: string, node: NodeInput, folder: string): LocalNode => ({
  name,
  host: node.host ?? null,
  tls:
    node.tls === undefined
      ? null
      : { ca: resolve(folder, node.tls.ca), cert: resolve(folder, node.tls.cert), key: resolve(folder, node.tls.key) },
  simulated: node.simulated === undefined ? null : resourcesOf(node.simulated, { cpuMillis: 0, memoryBytes: 0 }),
  reserve: resourcesOf(node.reserve ?? {}, { cpuMillis: 0, memoryBytes: 0 }),
  labels: node.labels ?? {},
  gpus: (node.gpus ?? node.simulated?.gpus ?? []).map(cardOf),
})

/** Checked text as integers; what is not written has the default. */
export const resourcesOf = (
  input: { readonly cpu?: string | number | undefined; readonly memory?: string | undefined },
  defaults: Resources,
): Resources => {
  const cpu = input.cpu === undefined ? null : parseCpus(input.cpu)
  const memory = input.memory === undefined ? null : parseSize(input.memory)
  return {
    cpuMillis: cpu?.ok === true ? cpu.value : defaults.cpuMillis,
    memoryBytes: memory?.ok === true ? memory.value : defaults.memoryBytes,
  }
}

const cardOf = (card: CardInput, index: number): GpuDevice => {
  const model = gpuModel(card.model)
  const memory = card.memory === undefined ? null : parseSize(card.memory)
  return {
    id: card.id ?? String(index),
    model,
    memoryBytes: memory?.ok === true ? memory.value : (gpuMemoryBytes(model) ?? 0),
    freeShare: 1,
  }
}

/** The engine that a local target uses when it names no node; null: it uses none. */
export const defaultEngine = (local: LocalTarget, dockerHost: string | undefined): string | null => {
  if (local.driver === 'process' || local.nodes.length > 0) return null
  return dockerHost === undefined || dockerHost === '' ? DEFAULT_SOCKET : dockerHost
}

const DEFAULT_SOCKET = 'unix:///var/run/docker.sock'

/** Engines of a local target, spelled one way. */
export const enginesOf = (local: LocalTarget, dockerHost: string | undefined): readonly string[] => {
  const engine = defaultEngine(local, dockerHost)
  return [
    ...(engine === null ? [] : [engine]),
    ...local.nodes.flatMap((node) => (node.host === null ? [] : [node.host])),
  ].map(sameEngine)
}

/** /var/run is a link to /run on Linux: one engine, two spellings. */
const sameEngine = (host: string): string => host.replace(/^unix:\/\/\/run\//, 'unix:///var/run/').replace(/\/+$/, '')

/** A socket is this machine's. A loopback port is not believed, for it may be a tunnel. */
export const isHere = (local: LocalTarget, dockerHost: string | undefined): boolean =>
  local.daemon === null && enginesOf(local, dockerHost).every(isSocket)

export const isSocket = (host: string): boolean => host.startsWith('unix://') || host.startsWith('npipe://')
