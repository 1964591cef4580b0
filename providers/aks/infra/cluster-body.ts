// A cluster as AKS takes it: everything said, since AKS fills gaps with defaults that differ from year to year. Changes lay
// ours over what stands, so that nothing of others is lost.

import type { ManagedCluster } from '@azure/arm-containerservice'
import { minorOf } from '../../../core/model/cluster-version.ts'
import type { ClusterBody, ClusterWithPool } from './bodies.ts'
import { ownTags, PROTECT_TAG } from './names.ts'
import { newPool } from './pool-body.ts'
import type { Step } from './step.ts'

export const newCluster = ({ body, tags, owner }: Step<ClusterWithPool>): ManagedCluster => ({
  location: body.location,
  ...owned(body, tags),
  identity: { type: 'UserAssigned', userAssignedIdentities: { [body.identity]: {} } },
  dnsPrefix: body.dnsPrefix,
  ...(body.version === null ? {} : { kubernetesVersion: body.version }),
  enableRbac: true,
  aadProfile: { managed: true, enableAzureRbac: true },
  disableLocalAccounts: true,
  oidcIssuerProfile: { enabled: true },
  securityProfile: { workloadIdentity: { enabled: true } },
  networkProfile: {
    networkPlugin: 'azure',
    networkPluginMode: 'overlay',
    networkDataplane: 'cilium',
    networkPolicy: 'cilium',
    // Left out, node auto provisioning refuses the cluster (Azure/AKS#4759).
    ipFamilies: ['IPv4'],
    podCidr: body.podCidr,
    loadBalancerSku: 'standard',
    outboundType: 'loadBalancer',
  },
  autoUpgradeProfile: { upgradeChannel: 'none', nodeOSUpgradeChannel: 'NodeImage' },
  agentPoolProfiles: [
    {
      name: body.system.name,
      type: 'VirtualMachineScaleSets',
      ...newPool(body.system.body, ownTags(owner, body.system.hash)),
    },
  ],
})

/** What may change in place. */
const owned = (body: ClusterBody, tags: Record<string, string>): Partial<ManagedCluster> => ({
  tags: { ...tags, [PROTECT_TAG]: String(body.protect) },
  // No service level is bought unasked; two years of fixes are when they are asked for.
  sku: { name: 'Base', tier: body.support === 'extended' ? 'Premium' : 'Free' },
  supportPlan: body.support === 'extended' ? 'AKSLongTermSupport' : 'KubernetesOfficial',
  nodeProvisioningProfile: { mode: body.provisioning === 'auto' ? 'Auto' : 'Manual' },
  apiServerAccessProfile: {
    enablePrivateCluster: !body.endpoint.public,
    ...(body.endpoint.public ? { authorizedIPRanges: [...body.endpoint.allow] } : {}),
  },
  addonProfiles: Object.fromEntries(body.addons.map((name) => [name, { enabled: true }])),
  azureMonitorProfile: { metrics: { enabled: body.monitoring } },
  autoScalerProfile: {
    expander: body.prioritised ? 'priority' : 'random',
    ...(body.prioritised ? QUICK_FALLBACK : {}),
  },
})

/** Without it an on-demand pool takes over 15 minutes after spot machines did not come (kubernetes/autoscaler#8321). */
const QUICK_FALLBACK = { maxNodeProvisionTime: '5m' }

export const changedCluster = (
  live: ManagedCluster,
  body: ClusterBody,
  tags: Record<string, string>,
): ManagedCluster => {
  const ours = owned(body, tags)
  return {
    ...live,
    ...ours,
    tags: { ...live.tags, ...ours.tags },
    apiServerAccessProfile: { ...live.apiServerAccessProfile, ...ours.apiServerAccessProfile },
    addonProfiles: { ...live.addonProfiles, ...ours.addonProfiles },
    autoScalerProfile: { ...live.autoScalerProfile, ...ours.autoScalerProfile },
    azureMonitorProfile: { ...live.azureMonitorProfile, ...ours.azureMonitorProfile },
    ...(isUpgrade(live, body) && body.version !== null ? { kubernetesVersion: body.version } : {}),
    // Counts belong to the autoscaler: none is sent back.
    agentPoolProfiles: (live.agentPoolProfiles ?? []).map(({ count, ...pool }) =>
      pool.enableAutoScaling === true || count === undefined ? pool : { ...pool, count },
    ),
  }
}

/** Never down: a minor below the present one is not asked for. */
export const isUpgrade = (live: ManagedCluster, { version }: ClusterBody): boolean =>
  version !== null && minorOf(version) > minorOf(live.currentKubernetesVersion ?? live.kubernetesVersion)

/** Keys that AKS fixes when a cluster is made; null: none of them is written otherwise now. */
export const fixedKey = (live: ManagedCluster, body: ClusterBody): string | null => {
  if (live.location.toLowerCase().replaceAll(' ', '') !== body.location) return 'location'
  if (live.networkProfile?.podCidr !== undefined && live.networkProfile.podCidr !== body.podCidr)
    return 'create.network.cidr'
  const isPrivate = live.apiServerAccessProfile?.enablePrivateCluster === true
  return isPrivate === body.endpoint.public ? 'create.endpoint.public' : null
}
