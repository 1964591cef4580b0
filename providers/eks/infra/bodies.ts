// What each object of an EKS target says: the bodies that are hashed, shown in plans and sent. References are resolved by
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

export interface RoleBody {
  readonly service: 'eks.amazonaws.com' | 'ec2.amazonaws.com' | 'eks-fargate-pods.amazonaws.com'
  /** Auto Mode tags its sessions. */
  readonly tagSession: boolean
  /** ARNs of managed policies, sorted. */
  readonly policies: readonly string[]
}

export interface ClusterBody {
  readonly version: string | null
  readonly roleArn: string | Reference
  readonly subnets: readonly (string | Reference)[]
  readonly endpoint: { readonly public: boolean; readonly private: boolean; readonly allow: readonly string[] }
  /** null: node groups instead of Auto Mode. */
  readonly auto: { readonly nodeRoleArn: string | Reference; readonly pools: readonly string[] } | null
  readonly logs: readonly string[]
  readonly protect: boolean
  readonly support: 'standard' | 'extended'
}

export interface AccessBody {
  readonly principal: string
  readonly policy: string
}

export interface AddonBody {
  readonly name: string
  /** null: the default of the cluster's version. */
  readonly version: string | null
}

export interface GroupBody {
  readonly pool: string
  readonly capacityType: 'spot' | 'on-demand'
  readonly instanceTypes: readonly string[]
  readonly amiType: string
  readonly nodeRoleArn: string | Reference
  readonly subnets: readonly (string | Reference)[]
  readonly min: number
  readonly max: number
  readonly labels: Readonly<Record<string, string>>
  readonly taints: readonly { readonly key: string; readonly value: string; readonly effect: string }[]
}

export interface ProfileBody {
  readonly pool: string
  readonly roleArn: string | Reference
  readonly subnets: readonly (string | Reference)[]
}

export interface VpcBody {
  readonly cidr: string
}

export interface GatewayBody {
  readonly vpc: string | Reference
}

export interface SubnetBody {
  readonly vpc: string | Reference
  readonly cidr: string
  /** Which of the zones that take clusters, counted from 0: names of zones are the account's own. */
  readonly zone: number
  readonly kind: 'public' | 'private'
}

export type AddressBody = Readonly<Record<never, never>>

export interface NatBody {
  readonly subnet: string | Reference
  readonly address: string | Reference
}

export interface RouteTableBody {
  readonly vpc: string | Reference
  readonly way: 'internet' | 'nat'
  /** Where everything that is not of the VPC goes. */
  readonly through: string | Reference
  readonly subnets: readonly (string | Reference)[]
}
