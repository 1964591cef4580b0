// The objects of an EKS target from its stanza and the chosen instance types. Pure: same file, same choice, same objects.
import { nextVersion } from '../../../core/model/cluster-version.ts'
import type { InfraSpec } from '../../../core/model/infra.ts'
import { type Owner, ownerOf } from '../../../core/model/infra-owner.ts'
import type { NativeObject } from '../../../core/model/native-object.ts'
import { type EksCreate, type EksSettings, eksSettings } from '../settings.ts'
import type { AccessBody, AddonBody, ClusterBody } from './bodies.ts'
import { type Network, networkOf } from './network-plan.ts'
import { clusterId, clusterRole, nodeRole, object, roleRef, STAGES } from './objects.ts'
import { poolObjects } from './pools.ts'

export const renderInfra = (spec: InfraSpec): readonly NativeObject[] => {
  const settings = eksSettings(spec.target)
  const owner = ownerOf(spec.fleet, spec.target)
  const cluster = settings.create === null ? [] : clusterObjects(settings, settings.create, { owner, spec })
  return [...cluster, ...poolObjects(spec, settings)]
}

interface Context {
  readonly owner: Owner
  readonly spec: InfraSpec
}

const clusterObjects = (
  settings: EksSettings,
  create: EksCreate,
  { owner, spec }: Context,
): readonly NativeObject[] => {
  const roles = rolesOf(create, owner)
  const network = create.use === null ? networkOf(create, owner, settings.region) : null
  const cluster = object('Cluster', settings.cluster, {
    owner,
    stage: STAGES.cluster,
    awaits: [...roles.map((role) => role.id), ...(network?.awaits ?? [])],
    guard: 'container',
    body: clusterBody(settings, create, { owner, spec, network }),
  })
  const after = [cluster.id]
  const access = create.access.map(({ principal, role }) =>
    object('AccessEntry', principal, { owner, stage: STAGES.access, awaits: after, body: accessBody(principal, role) }),
  )
  const addons = addonsOf(create).map((body) =>
    object('Addon', body.name, { owner, stage: STAGES.addon, awaits: after, body }),
  )
  return [...roles, ...(network?.objects ?? []), cluster, ...access, ...addons]
}

const clusterBody = (
  settings: EksSettings,
  create: EksCreate,
  { owner, spec, network }: Context & { readonly network: Network | null },
): ClusterBody => ({
  version: nextVersion(create.version, liveVersion(settings, spec)),
  roleArn: create.roles.cluster ?? roleRef(owner, 'cluster'),
  // Private ones alone: a machine of Auto Mode in a public one would have no way out.
  subnets: create.use?.subnets ?? network?.subnets ?? [],
  endpoint: create.endpoint,
  auto:
    create.nodes === 'auto'
      ? { nodeRoleArn: create.roles.node ?? roleRef(owner, 'node'), pools: ['general-purpose', 'system'] }
      : null,
  logs: create.logs,
  protect: create.protect,
  support: create.support,
})

const liveVersion = (settings: EksSettings, spec: InfraSpec): string | null => {
  const version = spec.live.objects.find((o) => o.id === clusterId(settings))?.summary?.['version']
  return typeof version === 'string' ? version : null
}

const rolesOf = (create: EksCreate, owner: Owner): readonly NativeObject[] => [
  ...(create.roles.cluster === null ? [clusterRole(owner, create.nodes)] : []),
  ...(create.roles.node === null ? [nodeRole(owner, create.nodes)] : []),
]

const ACCESS_POLICIES = {
  admin: 'AmazonEKSClusterAdminPolicy',
  edit: 'AmazonEKSEditPolicy',
  view: 'AmazonEKSViewPolicy',
}

const accessBody = (principal: string, role: keyof typeof ACCESS_POLICIES): AccessBody => ({
  principal,
  policy: `arn:aws:eks::aws:cluster-access-policy/${ACCESS_POLICIES[role]}`,
})

/** What nodes of managed groups cannot do without; Auto Mode has it built in. */
const MANAGED_ADDONS = ['eks-pod-identity-agent', 'vpc-cni', 'kube-proxy', 'coredns']

const addonsOf = (create: EksCreate): readonly AddonBody[] => {
  const own = create.nodes === 'managed' ? MANAGED_ADDONS : []
  return [...new Set([...own, ...Object.keys(create.addons)])].map((name) => {
    const written = create.addons[name] ?? 'latest'
    return { name, version: written === 'latest' ? null : written }
  })
}
