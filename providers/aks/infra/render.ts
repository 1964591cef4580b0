// The objects of an AKS target from its stanza and the chosen sizes. Pure: same file, same choice, same objects.
import { nextVersion } from '../../../core/model/cluster-version.ts'
import type { InfraSpec } from '../../../core/model/infra.ts'
import { type Owner, ownerOf } from '../../../core/model/infra-owner.ts'
import type { NativeObject } from '../../../core/model/native-object.ts'
import { type AksCreate, type AksSettings, aksSettings, clusterPath } from '../settings.ts'
import type { AssignmentBody, ClusterBody, ClusterWithPool } from './bodies.ts'
import { dnsPrefix, identityName } from './names.ts'
import { assignment, clusterId, groupId, identityId, identityPath, object, ROLES, STAGES } from './objects.ts'
import { poolObject, poolObjects, systemPool } from './pools.ts'
import { prioritiesObject } from './priorities.ts'

interface Context {
  readonly settings: AksSettings
  readonly owner: Owner
  readonly spec: InfraSpec
}

export const renderInfra = (spec: InfraSpec): readonly NativeObject[] => {
  const settings = aksSettings(spec.target)
  const context = { settings, owner: ownerOf(spec.fleet, spec.target), spec }
  const { create } = settings
  if (create === null) return poolObjects(spec, groundOf(context, { version: null, subnet: null, awaits: [] }))
  const version = nextVersion(create.version, liveVersion(context))
  const awaits = [clusterId(settings)]
  const pools =
    // Node auto provisioning grows by itself: its pools are objects inside the cluster.
    create.nodes === 'auto' ? [] : poolObjects(spec, groundOf(context, { version, subnet: create.subnet, awaits }))
  const cluster = clusterObjects(create, context, version)
  const order = isPrioritised(create, spec) ? [prioritiesObject(pools, { ...context, awaits })] : []
  return [...cluster, ...order, ...pools].filter((each) => !isGiven(each, spec))
}

const groundOf = (
  { owner }: Context,
  of: { readonly version: string | null; readonly subnet: string | null; readonly awaits: readonly string[] },
) => ({ owner, ...of })

/** A group, identity or right that somebody else gave is used and left alone. */
const isGiven = ({ id, kind }: NativeObject, { live }: InfraSpec): boolean =>
  (kind === 'ResourceGroup' || kind === 'RoleAssignment') &&
  live.objects.some((each) => each.id === id && each.owner === 'foreign')

const clusterObjects = (create: AksCreate, context: Context, version: string | null): readonly NativeObject[] => {
  const { settings, owner, spec } = context
  const ground = groundObjects(create, context)
  const shared = create.nodes === 'managed' && spec.pools.every(({ groups }) => groups.length === 0)
  const system = systemPool(create, { owner, version, shared })
  const plain = object('Cluster', settings.cluster, {
    id: clusterId(settings),
    owner,
    stage: STAGES.cluster,
    awaits: ground.filter((each) => !isGiven(each, spec)).map((each) => each.id),
    guard: 'container',
    body: clusterBody(create, context, version),
  })
  const body: ClusterWithPool = { ...(plain.body as ClusterBody), system }
  const awaits = [plain.id]
  const first = poolObject(system.body, { owner, version, subnet: create.subnet, awaits }, STAGES.pool)
  const rights = rightsOf(create, context).map((each) => assignment(owner, each, { stage: STAGES.access, awaits }))
  return [...ground, { ...plain, body }, first, ...rights]
}

/** What must stand before the cluster. */
const groundObjects = (create: AksCreate, { settings, owner }: Context): readonly NativeObject[] => {
  const body = { location: settings.location }
  const group = object('ResourceGroup', settings.resourceGroup, {
    ...{ id: groupId(settings), owner, stage: STAGES.group, body, guard: 'container' },
  })
  if (create.identity !== null) return [group]
  const name = identityName(owner)
  const identity = object('Identity', name, { id: identityId(name), owner, stage: STAGES.identity, body })
  if (create.subnet === null) return [group, identity]
  const right: AssignmentBody = {
    scope: create.subnet,
    role: ROLES.networkContributor,
    label: 'identity',
    principal: { ref: identity.id, field: 'principalId' },
    principalType: 'ServicePrincipal',
  }
  return [group, identity, assignment(owner, right, { stage: STAGES.grant, awaits: [identity.id] })]
}

/** Local accounts are off and Azure decides who may do what: without a right of its own the deploy could not get in. */
const rightsOf = ({ access, registries }: AksCreate, { settings }: Context): readonly AssignmentBody[] => {
  const cluster = clusterId(settings)
  const scope = clusterPath(settings)
  const deployer = { ref: cluster, field: 'deployer' }
  const kubelet = { ref: cluster, field: 'kubelet' }
  return [
    { scope, role: ROLES.admin, label: 'deployer', principal: deployer, principalType: null },
    ...access.flatMap(({ principal, role }) =>
      [ROLES[role], ROLES.user].map((each) => ({
        ...{ scope, role: each, label: principal, principal, principalType: null },
      })),
    ),
    ...registries.map((registry) => ({
      ...{ scope: registry, role: ROLES.acrPull, label: 'kubelet', principal: kubelet },
      principalType: 'ServicePrincipal' as const,
    })),
  ]
}

const clusterBody = (create: AksCreate, context: Context, version: string | null): ClusterBody => ({
  location: context.settings.location,
  version,
  dnsPrefix: dnsPrefix(context.owner, context.settings.cluster),
  identity: create.identity ?? identityPath(context.settings, context.owner),
  podCidr: create.podCidr,
  endpoint: create.endpoint,
  provisioning: create.nodes === 'auto' ? 'auto' : 'manual',
  addons: create.addons,
  monitoring: create.monitoring,
  prioritised: isPrioritised(create, context.spec),
  protect: create.protect,
  support: create.support,
})

/** Some pool may be bought in two ways, and the autoscaler has to ask for the first of them first. */
const isPrioritised = ({ nodes }: AksCreate, { pools }: InfraSpec): boolean =>
  nodes === 'managed' && pools.some(({ groups }) => groups.length > 1)

const liveVersion = ({ settings, spec }: Context): string | null => {
  const version = spec.live.objects.find((each) => each.id === clusterId(settings))?.summary?.['version']
  return typeof version === 'string' ? version : null
}
