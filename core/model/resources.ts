// Amounts that a replica asks for and a node has. Integers inside; text is parsed once, at the edge (quantity.ts).

export interface Resources {
  readonly cpuMillis: number
  readonly memoryBytes: number
}

/** What a service needs of GPUs. `models` empty = any. `memoryBytes` compares nominal size. share < 1 only with sharing allow. */
export interface GpuRequest {
  readonly models: readonly string[]
  readonly minMemoryBytes: number
  readonly count: number
  readonly deviceIds: readonly string[]
  readonly sharing: 'refuse' | 'allow'
  readonly share: number
  /** Every card of the node (Compose `count: all`); `count` is then the least that must be there. */
  readonly all?: boolean
  /** Kubernetes: by a ResourceClaim instead of an extended resource. */
  readonly dra?: boolean
}

/** One card of a node. `freeShare` 1 = untouched, 0 = taken. `model` is normalised (model/gpu.ts). */
export interface GpuDevice {
  readonly id: string
  readonly model: string
  readonly memoryBytes: number
  readonly freeShare: number
}

/** A node as `capacity` reports it and as the scheduler reads it. Names are unique in the target. */
export interface NodeCapacity {
  readonly name: string
  readonly pool: string | null
  readonly zone: string | null
  readonly arch: string
  readonly os: string
  readonly labels: Readonly<Record<string, string>>
  readonly taints: readonly string[]
  readonly cordoned: boolean
  readonly total: Resources
  readonly free: Resources
  readonly gpus: readonly GpuDevice[]
  /** Host ports already bound: 'tcp/8080'. */
  readonly hostPorts: readonly string[]
  /** Volumes that exist there and pin: volume names. */
  readonly volumes: readonly string[]
  /** Running replicas a service has there, by '<app>/<service>'. */
  readonly replicas: Readonly<Record<string, number>>
  readonly priceUsdPerHour: number
}

export type Capacity =
  | { readonly kind: 'known'; readonly nodes: readonly NodeCapacity[] }
  | { readonly kind: 'unknown'; readonly because: string }

/** The cards of an instance type. `memoryBytes` is the nominal size of a whole card, `share` below 1 a slice of one card. */
export interface OfferedGpus {
  readonly model: string
  readonly count: number
  readonly memoryBytes: number
  readonly share?: number
  /** What a container can use of each card or slice. */
  readonly usableBytes?: number
}

/** Something that could be bought or used (Karpenter's word): instance type × zone × capacity type. */
export interface Offering {
  readonly target: string
  readonly pool: string | null
  readonly instanceType: string
  readonly region: string
  readonly zone: string | null
  readonly capacityType: 'spot' | 'on-demand' | 'owned'
  /** What is left for replicas. */
  readonly resources: Resources
  /** As the vendor counts; absent where only the rest is known. */
  readonly nominal?: Resources
  readonly arch: string
  readonly gpus: OfferedGpus | null
  readonly priceUsdPerHour: number | null
  readonly available: boolean
  /** Why it is not available, or what stands behind the price. */
  readonly because: string
  /** What the account may still run of this kind; absent where nobody says. */
  readonly quota?: { readonly name: string; readonly limit: number; readonly used: number }
  readonly asOf: string
  readonly source: string
}

/** node.labels.zone == a, node.hostname != n1, … (Compose deploy.placement.constraints). */
export interface Constraint {
  readonly key: string
  readonly operator: '==' | '!='
  readonly value: string
}

/** Spread over the values of a node label (Compose deploy.placement.preferences). */
export interface Preference {
  readonly spread: string
}
