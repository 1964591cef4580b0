// Where it may run: the targets, their pools and the rules between them, as stormport.yaml states them.
import type { PlaceStrategy } from './app.ts'
import type { SourceSpan } from './diagnostic.ts'
import type { GpuDevice, Resources } from './resources.ts'

export type ProviderKind = 'kubernetes' | 'eks' | 'aks' | 'swarm' | 'local' | 'fake'

export interface Fleet {
  readonly name: string | null
  readonly registry: string | null
  /** In the order of the file. */
  readonly targets: readonly Target[]
  readonly defaults: Resources
  readonly place: {
    readonly strategy: PlaceStrategy
    readonly prefer: readonly string[]
    readonly weights: Readonly<Record<string, number>>
  }
  readonly rollout: {
    readonly order: 'parallel' | 'sequential' | readonly (readonly string[])[]
    readonly onFailure: 'failed' | 'all' | 'pause'
  }
  readonly budget: { readonly maxUsdPerHour: number } | null
  readonly failover: Failover | null
  /** Absolute path of stormport.yaml; null: none was found, one target `local`. */
  readonly file: string | null
  /** Top-level keys of the file whose work is not there yet (control, environments, failover). */
  readonly later?: readonly { readonly key: string; readonly span: SourceSpan | null }[]
}

export interface Failover {
  readonly afterMs: number
  readonly failBack: 'auto' | 'manual' | 'never'
  readonly healthyForMs: number
  readonly standby: 'hot' | 'warm' | 'pilot' | 'none'
}

export interface Target {
  readonly name: string
  readonly provider: ProviderKind
  readonly site: string
  /** True when everything of it is this machine (DESIGN section 1, "This machine"). */
  readonly here: boolean
  readonly publish: 'none' | 'nodePort' | 'private' | 'public'
  readonly prices: Prices | null
  readonly pools: readonly Pool[]
  /** Set when provider is local. */
  readonly local: LocalTarget | null
  /** The target's whole stanza as parsed and checked: adapters read their own keys (context, region, create, …) here. */
  readonly settings: Readonly<Record<string, unknown>>
  readonly span: SourceSpan | null
}

export interface Prices {
  readonly cpuHour: number
  readonly memoryGiBHour: number
  readonly gpuHour: Readonly<Record<string, number>>
}

export interface LocalTarget {
  /** null: docker when an engine answers, else process; decided by the daemon. */
  readonly driver: 'docker' | 'process' | null
  /** null: this machine's daemon. */
  readonly daemon: string | null
  /** Empty: one node, this machine's engine or its processes. */
  readonly nodes: readonly LocalNode[]
}

export interface LocalNode {
  readonly name: string
  /** null with `simulated`. */
  readonly host: string | null
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string } | null
  readonly simulated: Resources | null
  readonly reserve: Resources
  readonly labels: Readonly<Record<string, string>>
  readonly gpus: readonly GpuDevice[]
}

export interface Pool {
  readonly name: string
  readonly kind: 'nodes' | 'serverless'
  readonly settings: Readonly<Record<string, unknown>>
}
