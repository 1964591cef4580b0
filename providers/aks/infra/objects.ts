// What the objects of an AKS target have in common: their ids, their order, and the roles that are given.
import { contentHash } from '../../../core/model/canonical.ts'
import type { Owner } from '../../../core/model/infra-owner.ts'
import type { NativeObject } from '../../../core/model/native-object.ts'
import { type AksSettings, groupPath } from '../settings.ts'
import type { AssignmentBody } from './bodies.ts'
import { assignmentName, identityName } from './names.ts'

/** Pools stand one behind the other: AKS makes one at a time. */
export const STAGES = { group: 0, identity: 1, grant: 2, cluster: 3, access: 4, pool: 5 } as const

/**
 * Ids of roles that Azure has built in, the same everywhere (Azure documentation, "Azure built-in roles").
 */
export const ROLES = {
  networkContributor: '4d97b98b-1d4f-4787-a291-c67834d212e7',
  acrPull: '7f951dda-4ed3-4680-a7ca-43fe172d538d',
  admin: 'b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b',
  edit: 'a7ffa36f-339b-4b5c-8bdf-e2c188b2c0eb',
  view: '7f6c6a51-bcf8-42ba-9220-52d62157d7db',
  /** To read the kubeconfig; the other three are about what lies inside. */
  user: '4abbcc35-e782-43d8-92c5-2d3f1bd2253f',
} as const

export const clusterId = ({ cluster }: AksSettings): string => `aks/Cluster/${cluster}`
export const poolId = (name: string): string => `aks/AgentPool/${name}`
export const groupId = ({ resourceGroup }: AksSettings): string => `azure/ResourceGroup/${resourceGroup}`
export const identityId = (name: string): string => `azure/Identity/${name}`
export const assignmentId = (name: string): string => `azure/RoleAssignment/${name}`

export const identityPath = (settings: AksSettings, owner: Owner): string =>
  `${groupPath(settings)}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${identityName(owner)}`

interface ObjectOf {
  readonly id: string
  readonly owner: Owner
  readonly stage: number
  readonly body: object
  readonly awaits?: readonly string[]
  readonly guard?: NativeObject['guard']
}

export const object = (kind: string, name: string, of: ObjectOf): NativeObject => {
  const body = { ...of.body, owner: of.owner }
  return {
    id: of.id,
    kind,
    name,
    scope: 'target',
    stage: of.stage,
    after: [],
    ...(of.awaits === undefined || of.awaits.length === 0 ? {} : { awaits: of.awaits }),
    hash: contentHash(body),
    body,
    guard: of.guard ?? 'none',
  }
}

/** Its name says everything that is ours to say of an assignment, so its name is what is compared. */
export const assignmentHash = (name: string): string => contentHash(['assignment', name])

export const assignment = (
  owner: Owner,
  body: AssignmentBody,
  of: { readonly stage: number; readonly awaits: readonly string[] },
): NativeObject => {
  const name = assignmentName(owner, body)
  return {
    ...object('RoleAssignment', name, { id: assignmentId(name), owner, body, ...of }),
    hash: assignmentHash(name),
  }
}
