// What stands in the subscription of the stand-in, as plain records that tests may look into.
import type { FakeClock } from '../clock.ts'
import type { ArmErrorBody, Ending, Faults } from './faults.ts'
import type { Rules } from './rules.ts'

/** The members of a pool that the stand-in itself reads; all others are kept as they came. */
export interface PoolProps {
  readonly count?: number
  readonly vmSize?: string
  readonly minCount?: number | null
  readonly maxCount?: number | null
  readonly enableAutoScaling?: boolean | null
  readonly mode?: string
  readonly type?: string
  readonly osType?: string
  readonly osSKU?: string
  readonly orchestratorVersion?: string
  readonly currentOrchestratorVersion?: string
  readonly nodeImageVersion?: string
  readonly scaleSetPriority?: string
  readonly scaleSetEvictionPolicy?: string
  readonly spotMaxPrice?: number
  readonly nodeTaints?: readonly string[] | null
  readonly nodeLabels?: Readonly<Record<string, string>> | null
  readonly upgradeSettings?: { readonly maxSurge?: string } | null
  readonly powerState?: { readonly code?: string }
  readonly provisioningState?: string
  readonly availabilityZones?: readonly string[] | null
  readonly gpuInstanceProfile?: string
  readonly vnetSubnetID?: string
  readonly virtualMachinesProfile?: {
    readonly scale?: {
      readonly autoscale?: readonly { readonly size?: string }[]
      readonly manual?: readonly { readonly size?: string }[]
    }
  }
  readonly eTag?: string
  readonly [member: string]: unknown
}

export interface ClusterProps {
  readonly provisioningState?: string
  readonly powerState?: { readonly code?: string }
  readonly kubernetesVersion?: string
  readonly currentKubernetesVersion?: string
  readonly dnsPrefix?: string
  readonly fqdnSubdomain?: string
  readonly nodeResourceGroup?: string
  readonly disableLocalAccounts?: boolean
  readonly aadProfile?: { readonly managed?: boolean; readonly enableAzureRBAC?: boolean } | null
  readonly oidcIssuerProfile?: { readonly enabled?: boolean; readonly issuerURL?: string } | null
  readonly securityProfile?: { readonly workloadIdentity?: { readonly enabled?: boolean } } | null
  readonly networkProfile?: {
    readonly ipFamilies?: readonly string[]
    readonly podCidr?: string
    readonly serviceCidr?: string
    readonly networkPlugin?: string
  } | null
  readonly nodeProvisioningProfile?: { readonly mode?: string } | null
  readonly agentPoolProfiles?: readonly (PoolProps & { readonly name: string })[] | null
  readonly [member: string]: unknown
}

export interface Identity {
  readonly type?: string
  readonly userAssignedIdentities?: Readonly<Record<string, unknown>>
  readonly principalId?: string
  readonly tenantId?: string
}

export interface PoolRecord {
  readonly name: string
  readonly id: string
  props: PoolProps
  eTag: string
  /** Machines by name; each is a node where the cluster stands on a real plane. */
  machines: readonly string[]
  nextMachine: number
}

export interface ClusterRecord {
  readonly id: string
  readonly name: string
  readonly group: string
  readonly location: string
  tags: Readonly<Record<string, string>>
  sku: unknown
  identity: Identity | null
  props: ClusterProps
  eTag: string
  readonly pools: Map<string, PoolRecord>
  readonly madeAtMs: number
}

export interface GroupRecord {
  readonly id: string
  readonly name: string
  readonly location: string
  tags: Readonly<Record<string, string>>
  managedBy: string | null
  provisioningState: string
}

export interface IdentityRecord {
  readonly id: string
  readonly name: string
  readonly group: string
  readonly location: string
  readonly tags: Readonly<Record<string, string>>
  readonly principalId: string
  readonly clientId: string
  readonly madeAtMs: number
  readonly credentials: Map<string, { readonly name: string; readonly properties: FederatedCredential }>
}

export interface FederatedCredential {
  readonly issuer: string
  readonly subject: string
  readonly audiences: readonly string[]
}

export interface AssignmentRecord {
  readonly id: string
  readonly name: string
  readonly scope: string
  readonly roleDefinitionId: string
  readonly principalId: string
  readonly principalType: string
}

/** Anything else that lies in a group and that a test puts there: registries, networks, disks. */
export interface OtherResource {
  readonly id: string
  readonly name: string
  readonly type: string
  readonly location: string
  readonly tags?: Readonly<Record<string, string>>
  readonly properties?: Readonly<Record<string, unknown>>
}

export type OperationStatus = 'InProgress' | 'Succeeded' | 'Failed' | 'Canceled'

export interface Operation {
  readonly id: string
  /** The request that set it going: 'agentPools.createOrUpdate'. */
  readonly request: string
  readonly cluster: ClusterRecord | null
  readonly pool: PoolRecord | null
  /** What its resource says meanwhile: Creating, Updating, Deleting … */
  readonly word: string
  readonly startedAtMs: number
  readonly doneAtMs: number
  readonly ending: Ending | null
  /** What it does when it ends well. */
  readonly finish: () => void
  /** Address of what it is about, for answers at its Location. */
  readonly result: () => unknown
  status: OperationStatus
  error: ArmErrorBody | null
  endedAtMs: number | null
  /** Its resource has come to rest: another may begin. */
  rested: boolean
}

export interface AzureState {
  readonly subscription: string
  readonly tenant: string
  readonly clock: FakeClock
  readonly rules: Rules
  readonly faults: Faults
  readonly clusters: Map<string, ClusterRecord>
  readonly groups: Map<string, GroupRecord>
  readonly identities: Map<string, IdentityRecord>
  readonly assignments: Map<string, AssignmentRecord>
  readonly others: Map<string, OtherResource>
  readonly operations: Map<string, Operation>
  readonly registered: Set<string>
  /** Keys of groups that carry a CanNotDelete lock. */
  readonly locks: Set<string>
  /** Minor → patches that the region serves, oldest first. */
  versions: Readonly<Record<string, readonly string[]>>
  /** 'Standard_NC4as_T4_v3', 'Spot/Standard_NC4as_T4_v3' → why a pool of it cannot come. */
  readonly shortages: Map<string, ArmErrorBody>
  /** Family → cores that the subscription may have. None: no limit. */
  readonly quotas: Map<string, number>
  /** Principals that a directory search finds, with the moment from which on. */
  readonly principals: Map<string, number>
  nextId(): string
  /** Key of a name or id: one in all cases. */
  key(...parts: readonly string[]): string
}

export const createState = (
  of: Pick<AzureState, 'subscription' | 'tenant' | 'clock' | 'rules' | 'faults' | 'versions'>,
): AzureState => {
  let last = 0
  return {
    ...of,
    clusters: new Map(),
    groups: new Map(),
    identities: new Map(),
    assignments: new Map(),
    others: new Map(),
    operations: new Map(),
    registered: new Set(DEFAULT_REGISTERED),
    locks: new Set(),
    shortages: new Map(),
    quotas: new Map(),
    principals: new Map(),
    nextId: () => {
      last += 1
      return `00000000-0000-4000-8000-${last.toString(16).padStart(12, '0')}`
    },
    // Ids are the same in any case (ARM: "resource names are case-insensitive").
    key: (...parts) => {
      const joined = parts.join('/')
      return of.rules.holds('caseless') ? joined.toLowerCase() : joined
    },
  }
}

const DEFAULT_REGISTERED = [
  'microsoft.containerservice',
  'microsoft.compute',
  'microsoft.network',
  'microsoft.managedidentity',
  'microsoft.storage',
  'microsoft.authorization',
  'microsoft.resources',
  'microsoft.containerregistry',
  'microsoft.operationalinsights',
  'microsoft.operationsmanagement',
  'microsoft.insights',
]
