// What each object of an AKS target says: the bodies that are hashed, shown in plans and sent. References are resolved by
// the engine before a body is sent.
import type { Owner } from '../../../core/model/infra-owner.ts'

/** Whose it is: what its tags say. */
export interface Owned {
  readonly owner: Owner
}

export interface Reference {
  readonly ref: string
  readonly field: string
}

/** Resource groups and identities. */
export interface PlacedBody {
  readonly location: string
}

export interface AssignmentBody {
  readonly scope: string
  readonly role: string
  readonly label: string
  readonly principal: string | Reference
  /** Said where we know it: a new principal is then not looked up in the directory, which lags. */
  readonly principalType: 'ServicePrincipal' | null
}

export interface ClusterBody {
  readonly location: string
  readonly version: string | null
  readonly dnsPrefix: string
  /** Resource id of the control plane's identity. */
  readonly identity: string
  readonly podCidr: string
  readonly endpoint: { readonly public: boolean; readonly allow: readonly string[] }
  readonly provisioning: 'auto' | 'manual'
  readonly addons: readonly string[]
  readonly monitoring: boolean
  /** Some pool has spot and on-demand: the autoscaler asks for them in the order of a ConfigMap. */
  readonly prioritised: boolean
  readonly protect: boolean
  readonly support: 'standard' | 'extended'
}

export interface PoolBody {
  readonly pool: string
  readonly mode: 'User' | 'System'
  readonly capacityType: 'spot' | 'on-demand'
  readonly vmSize: string
  /** null: the control plane's when it is made. */
  readonly version: string | null
  readonly subnet: string | null
  readonly zones: readonly string[]
  /** null: it does not scale itself, and has as many nodes as it was made with. */
  readonly scale: { readonly min: number; readonly max: number } | null
  readonly labels: Readonly<Record<string, string>>
  readonly taints: readonly string[]
  readonly gpu: { readonly driver: 'Install'; readonly mig: string | null } | null
}

/** A cluster is made together with its first pool, which is an object of its own from then on. */
export interface ClusterWithPool extends ClusterBody {
  readonly system: { readonly name: string; readonly hash: string; readonly body: PoolBody }
}
