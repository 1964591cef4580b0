// What the objects of an EKS target have in common: their ids, their order, roles and references to them.
import { contentHash } from '../../../core/model/canonical.ts'
import type { Owner } from '../../../core/model/infra-owner.ts'
import type { NativeObject } from '../../../core/model/native-object.ts'
import type { EksSettings } from '../settings.ts'
import type { Reference, RoleBody } from './bodies.ts'
import { roleName } from './names.ts'

export const STAGES = {
  ...{ role: 0, vpc: 0, subnet: 1, nat: 2, route: 3 },
  ...{ cluster: 4, access: 5, pool: 6, addon: 7 },
} as const

export const clusterId = (settings: EksSettings): string => `eks/Cluster/${settings.cluster}`

export const roleRef = (owner: Owner, purpose: 'cluster' | 'node' | 'pod'): Reference => ({
  ref: `iam/Role/${roleName(owner, purpose)}`,
  field: 'arn',
})

export const roleObject = (owner: Owner, purpose: 'cluster' | 'node' | 'pod', body: RoleBody): NativeObject => {
  const name = roleName(owner, purpose)
  return { ...object('Role', name, { owner, stage: STAGES.role, body }), id: `iam/Role/${name}` }
}

const POLICY = 'arn:aws:iam::aws:policy/'

/** Managed policies by the EKS user guide: "Amazon EKS Auto Mode cluster IAM role" and "… node IAM role". */
const CLUSTER_POLICIES = ['AmazonEKSClusterPolicy']
const AUTO_POLICIES = [
  ...['AmazonEKSBlockStoragePolicy', 'AmazonEKSComputePolicy', 'AmazonEKSLoadBalancingPolicy'],
  'AmazonEKSNetworkingPolicy',
]
const AUTO_NODE_POLICIES = ['AmazonEC2ContainerRegistryPullOnly', 'AmazonEKSWorkerNodeMinimalPolicy']
const NODE_POLICIES = ['AmazonEC2ContainerRegistryPullOnly', 'AmazonEKSWorkerNodePolicy', 'AmazonEKS_CNI_Policy']

const policies = (names: readonly string[]): readonly string[] => names.map((name) => `${POLICY}${name}`).sort()

export const clusterRole = (owner: Owner, nodes: 'auto' | 'managed'): NativeObject =>
  roleObject(owner, 'cluster', {
    service: 'eks.amazonaws.com',
    tagSession: nodes === 'auto',
    policies: policies(nodes === 'auto' ? [...CLUSTER_POLICIES, ...AUTO_POLICIES] : CLUSTER_POLICIES),
  })

export const nodeRole = (owner: Owner, nodes: 'auto' | 'managed'): NativeObject =>
  roleObject(owner, 'node', {
    service: 'ec2.amazonaws.com',
    tagSession: false,
    policies: policies(nodes === 'auto' ? AUTO_NODE_POLICIES : NODE_POLICIES),
  })

export const object = (
  kind: string,
  name: string,
  of: {
    readonly owner: Owner
    readonly stage: number
    readonly body: object
    readonly awaits?: readonly string[]
    readonly guard?: NativeObject['guard']
  },
): NativeObject => made(kind, name, { ...of, body: { ...of.body, owner: of.owner } })

const made = (kind: string, name: string, of: Omit<Parameters<typeof object>[2], 'owner'>): NativeObject => ({
  id: `eks/${kind}/${name}`,
  kind,
  name,
  scope: 'target',
  stage: of.stage,
  after: [],
  ...(of.awaits === undefined || of.awaits.length === 0 ? {} : { awaits: of.awaits }),
  hash: contentHash(of.body),
  body: of.body,
  guard: of.guard ?? 'none',
})
