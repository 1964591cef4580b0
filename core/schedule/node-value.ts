// What a placement key (node.labels.zone, node.hostname, engine.labels.x, …) says about a node. Constraints and spread
// preferences read nodes through this alone, so that both mean the same by a key.
import type { NodeCapacity } from '../model/resources.ts'

const ARCHITECTURES: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  'x86-64': 'amd64',
  aarch64: 'arm64',
  i386: '386',
  armv7l: 'arm',
}

/** One name per architecture: engines say x86_64 where images say amd64. */
export const architecture = (name: string): string => ARCHITECTURES[name.toLowerCase()] ?? name.toLowerCase()

const NODE_LABELS = 'node.labels.'
const ENGINE_LABELS = 'engine.labels.'

/** '' where the node does not say; null where the key names a role and the pool has no roles to keep apart. */
export const nodeValue = (node: NodeCapacity, key: string): string | null => {
  if (key.startsWith(NODE_LABELS)) return label(node, key.slice(NODE_LABELS.length))
  if (key.startsWith(ENGINE_LABELS)) return node.labels[key] ?? label(node, key.slice(ENGINE_LABELS.length))
  switch (key) {
    case 'node.id':
      return node.labels['node.id'] ?? node.name
    case 'node.hostname':
      return node.labels['node.hostname'] ?? node.labels['kubernetes.io/hostname'] ?? node.name
    case 'node.role':
      return node.labels['node.role'] ?? null
    case 'node.platform.os':
      return node.os.toLowerCase()
    case 'node.platform.arch':
      return architecture(node.arch)
    default:
      return node.labels[key] ?? ''
  }
}

export const zoneOf = (node: NodeCapacity): string =>
  node.zone ?? node.labels['zone'] ?? node.labels['topology.kubernetes.io/zone'] ?? ''

const label = (node: NodeCapacity, name: string): string => node.labels[name] ?? (name === 'zone' ? zoneOf(node) : '')
