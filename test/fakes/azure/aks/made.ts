// What the service adds to a cluster that was asked for: addresses, identities, the group of its nodes.
import type { AzureState, ClusterProps, ClusterRecord, Identity } from '../state.ts'
import type { Aks } from './aks.ts'
import { reach } from './pools.ts'

export interface Asked {
  readonly name: string
  readonly group: string
  readonly location: string
  readonly props: ClusterProps
  readonly version: string
}

export const standing = (state: AzureState, { name, group, location, props, version }: Asked): ClusterProps => {
  const nodeResourceGroup = props.nodeResourceGroup ?? `MC_${group}_${name}_${location}`
  const prefix = props.dnsPrefix ?? props.fqdnSubdomain ?? name
  const oidc = props.oidcIssuerProfile?.enabled === true
  return {
    maxAgentPools: 100,
    enableRBAC: true,
    supportPlan: 'KubernetesOfficial',
    autoUpgradeProfile: { nodeOSUpgradeChannel: 'NodeImage' },
    ...withoutSecrets(props),
    kubernetesVersion: version,
    currentKubernetesVersion: version,
    powerState: { code: 'Running' },
    provisioningState: 'Creating',
    nodeResourceGroup,
    networkProfile: { ...NETWORK, ...props.networkProfile },
    fqdn: `${prefix}-${state.nextId().slice(-8)}.hcp.${location}.azmk8s.io`,
    resourceUID: state.nextId().replaceAll('-', '').slice(0, 24),
    ...(oidc ? { oidcIssuerProfile: { enabled: true, issuerURL: issuerOf(state, location) } } : {}),
  }
}

const issuerOf = (state: AzureState, location: string): string =>
  `https://${location}.oic.prod-aks.azure.com/${state.tenant}/${state.nextId()}/`

const NETWORK = {
  loadBalancerSku: 'standard',
  outboundType: 'loadBalancer',
  podCidr: '10.244.0.0/16',
  serviceCidr: '10.0.0.0/16',
  dnsServiceIP: '10.0.0.10',
}

/** What may only be written is never read back. */
const withoutSecrets = (props: ClusterProps): ClusterProps => {
  const hidden = ['secret', 'adminPassword']
  return Object.fromEntries(
    Object.entries(props).map(([key, value]) => {
      if (key !== 'servicePrincipalProfile' && key !== 'windowsProfile') return [key, value]
      return [key, Object.fromEntries(Object.entries(Object(value)).filter(([inner]) => !hidden.includes(inner)))]
    }),
  )
}

export const identityOf = (state: AzureState, identity: Identity | null): Identity | null => {
  if (identity === null) return null
  if (identity.type === 'SystemAssigned') return { ...identity, principalId: state.nextId(), tenantId: state.tenant }
  const given = Object.keys(identity.userAssignedIdentities ?? {}).map((id) => {
    const found = [...state.identities.values()].find((each) => state.key(each.id) === state.key(id))
    const ids = { principalId: found?.principalId ?? state.nextId(), clientId: found?.clientId ?? state.nextId() }
    return [id, ids] as const
  })
  return { ...identity, ...(given.length === 0 ? {} : { userAssignedIdentities: Object.fromEntries(given) }) }
}

/** An operation of the cluster came to its end: it is what it was asked to be, and so are its pools. */
export const settled = ({ state }: Aks, record: ClusterRecord): void => {
  const group = record.props.nodeResourceGroup ?? ''
  const isNew = record.props.identityProfile === undefined
  record.props = {
    ...record.props,
    currentKubernetesVersion: record.props.kubernetesVersion ?? '',
    ...(isNew ? { identityProfile: { kubeletidentity: kubeletIdentity(state, record, group) } } : {}),
  }
  for (const pool of record.pools.values()) {
    pool.props = { ...pool.props, provisioningState: 'Succeeded' }
    reach(pool)
  }
  const id = `/subscriptions/${state.subscription}/resourceGroups/${group}`
  const made = { id, name: group, location: record.location, tags: {}, managedBy: record.id }
  if (!state.groups.has(state.key(group)))
    state.groups.set(state.key(group), { ...made, provisioningState: 'Succeeded' })
}

/** managed-identity-overview: the kubelet's own, in the group of the nodes; images are pulled with it. */
const kubeletIdentity = (state: AzureState, { name }: ClusterRecord, group: string) => {
  const objectId = state.nextId()
  state.principals.set(objectId, 0)
  return {
    resourceId: `/subscriptions/${state.subscription}/resourceGroups/${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}-agentpool`,
    clientId: state.nextId(),
    objectId,
  }
}
