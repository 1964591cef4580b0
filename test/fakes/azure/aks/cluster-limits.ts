// What a cluster may be and how it may change. Sources beside each.
import { fault } from '../faults.ts'
import type { AzureState, ClusterProps, Identity } from '../state.ts'
import { invalid, isSame } from './limits.ts'

/** Patterns of the resource type (name) and of azurerm (dnsPrefix, 1 to 54). */
export const checkClusterName = (state: AzureState, name: string, props: ClusterProps): void => {
  if (!state.rules.holds('names')) return
  if (!/^[a-zA-Z0-9](?:[-_a-zA-Z0-9]{0,61}[a-zA-Z0-9])?$/.test(name))
    throw invalid(`The value of parameter resourceName is invalid: '${name}'.`)
  const { dnsPrefix, fqdnSubdomain } = props
  if (dnsPrefix === undefined && fqdnSubdomain === undefined) throw invalid('dnsPrefix or fqdnSubdomain is required.')
  if (dnsPrefix !== undefined && !/^[a-zA-Z0-9](?:[-a-zA-Z0-9]{0,52}[a-zA-Z0-9])?$/.test(dnsPrefix))
    throw invalid(`The value of parameter dnsPrefix is invalid: '${dnsPrefix}'.`)
}

export interface ClusterCheck {
  readonly props: ClusterProps
  readonly identity: Identity | null
}

export const checkCluster = (state: AzureState, of: ClusterCheck): void => {
  checkProvisioning(state, of.props)
  checkRanges(state, of.props)
  checkIdentity(state, of)
}

/** The body observed in Azure/AKS#4759 (error set); node-auto-provisioning lists what it does not go with. */
const checkProvisioning = (state: AzureState, props: ClusterProps): void => {
  if (props.nodeProvisioningProfile?.mode !== 'Auto' || !state.rules.holds('provisioningNeeds')) return
  const mode = '.properties.nodeProvisioningProfile.mode cannot be Auto'
  if ((props.networkProfile?.ipFamilies ?? []).length === 0)
    throw fault(400, ['OperationNotAllowed', `${mode} unless .properties.networkProfile.ipFamilies is set.`])
  if (props.networkProfile?.networkPlugin === 'kubenet')
    throw fault(400, ['OperationNotAllowed', `${mode} with .properties.networkProfile.networkPlugin kubenet.`])
  const scaling = (props.agentPoolProfiles ?? []).find((pool) => pool.enableAutoScaling === true)
  if (scaling !== undefined)
    throw fault(400, ['OperationNotAllowed', `${mode} while agent pool ${scaling.name} has enableAutoScaling.`])
}

/** azure-cni-overlay: these are the service's own. */
const KEPT = [/^172\.30\./, /^172\.31\./, /^169\.254\./, /^192\.0\.2\./]

const checkRanges = (state: AzureState, { networkProfile }: ClusterProps): void => {
  if (!state.rules.holds('networkRanges')) return
  const bad = [networkProfile?.podCidr, networkProfile?.serviceCidr].find(
    (range) => range !== undefined && KEPT.some((kept) => kept.test(range)),
  )
  if (bad !== undefined) throw invalid(`The address range ${bad} overlaps with one that the service keeps for itself.`)
}

/** workload-identity-deploy-cluster: it needs the issuer. managed-identity-overview: own subnets need an own identity. */
const checkIdentity = (state: AzureState, { props, identity }: ClusterCheck): void => {
  if (!state.rules.holds('identityNeeds')) return
  const workload = props.securityProfile?.workloadIdentity?.enabled === true
  if (workload && props.oidcIssuerProfile?.enabled !== true)
    throw invalid('Workload identity requires that the OIDC issuer is enabled.')
  const custom = (props.agentPoolProfiles ?? []).some((pool) => pool.vnetSubnetID !== undefined)
  if (custom && identity?.type === 'SystemAssigned') throw invalid('A custom subnet requires a user assigned identity.')
}

/** Every cluster has a system pool from the start, and over the API its mode is said (use-system-pools). */
export const checkFirstPools = (state: AzureState, { agentPoolProfiles }: ClusterProps): void => {
  if (!state.rules.holds('systemPoolAtCreate')) return
  if ((agentPoolProfiles ?? []).some((pool) => pool.mode === 'System')) return
  throw fault(400, ['InvalidParameter', 'Must define at least one system pool.'])
}

const FIXED = ['dnsPrefix', 'fqdnSubdomain', 'nodeResourceGroup', 'enableRBAC', 'diskEncryptionSetID'] as const
const FIXED_NETWORK = ['podCidr', 'serviceCidr', 'dnsServiceIP', 'ipFamilies'] as const

/** Fixed after creation: names and ranges (type descriptions and azurerm's ForceNew). */
export const checkClusterFixed = (state: AzureState, old: ClusterProps, given: ClusterProps): void => {
  if (!state.rules.holds('immutable')) return
  const changed = FIXED.find((field) => given[field] !== undefined && !isSame(old[field], given[field]))
  const before = record(old.networkProfile)
  const after = record(given.networkProfile)
  const network = FIXED_NETWORK.find((field) => after[field] !== undefined && !isSame(before[field], after[field]))
  const field = changed ?? (network === undefined ? undefined : `networkProfile.${network}`)
  if (field === undefined) return
  throw fault(400, ['PropertyChangeNotAllowed', `Changing property 'properties.${field}' is not allowed.`])
}

const record = (value: unknown): Readonly<Record<string, unknown>> => ({ ...(typeof value === 'object' ? value : {}) })

/** ARM, tag-resources: names up to 512 letters without <>%&\?/, values up to 256, 50 of them. */
export const checkTags = (state: AzureState, tags: Readonly<Record<string, string>> | undefined): void => {
  if (!state.rules.holds('tagNames')) return
  const entries = Object.entries(tags ?? {})
  if (entries.length > 50) throw fault(400, ['InvalidTagCount', 'A resource has at most 50 tags.'], { wrapped: true })
  for (const [name, value] of entries) {
    if (/[<>%&\\?/]/.test(name) || name.length > 512)
      throw fault(400, ['InvalidTagNameCharacters', `The tag names '${name}' have reserved characters.`], {
        wrapped: true,
      })
    if (value.length > 256)
      throw fault(400, ['InvalidTagValueLength', `The value of tag '${name}' is too long.`], { wrapped: true })
  }
}
