// The cluster itself: made, brought up a minor, its settings changed, taken away. What EKS cannot change is said before
// anything is sent; a cluster is never replaced.
import type { Cluster, CreateClusterRequest, EKSClient } from '@aws-sdk/client-eks'
import { StormportError } from '../../../core/errors.ts'
import { contentHash } from '../../../core/model/canonical.ts'
import { minorOf } from '../../../core/model/cluster-version.ts'
import { awsError } from '../errors.ts'
import { eksSettings } from '../settings.ts'
import type { ClusterBody, Reference } from './bodies.ts'
import { isOurs } from './names.ts'
import { clusterId } from './objects.ts'
import { type Applied, foreign, type Removal, removed, type Step } from './step.ts'

type Sdk = typeof import('@aws-sdk/client-eks')

export const applyCluster = async (step: Step<ClusterBody>): Promise<Applied> => {
  const sdk = await import('@aws-sdk/client-eks')
  const client = await step.eks.clients.eks()
  step.eks.forget()
  const live = await step.eks.describe(step.signal)
  step.eks.forget()
  if (live === null) return create(client, sdk, step)
  if (!isOurs(live.tags, step.owner)) throw foreign('cluster', step.name, step.eks.target.name)
  if (live.status !== 'ACTIVE') return { changed: false }
  return update(client, { sdk, live }, step)
}

const create = async (client: EKSClient, sdk: Sdk, step: Step<ClusterBody>): Promise<Applied> => {
  try {
    await client.send(new sdk.CreateClusterCommand(creation(step)), { abortSignal: step.signal })
    return { changed: true }
  } catch (error) {
    throw lagging(error, `create cluster ${step.name}`, step)
  }
}

const creation = ({ name, body, tags, token }: Step<ClusterBody>): CreateClusterRequest => {
  const auto = body.auto !== null
  return {
    name,
    ...(body.version === null ? {} : { version: body.version }),
    roleArn: text(body.roleArn),
    resourcesVpcConfig: { subnetIds: body.subnets.map(text), ...doors(body) },
    accessConfig: { authenticationMode: 'API', bootstrapClusterCreatorAdminPermissions: true },
    bootstrapSelfManagedAddons: false,
    // The three switches of Auto Mode go together, or EKS refuses the cluster.
    computeConfig: body.auto === null ? { enabled: false } : compute(body.auto),
    kubernetesNetworkConfig: { elasticLoadBalancing: { enabled: auto } },
    storageConfig: { blockStorage: { enabled: auto } },
    upgradePolicy: { supportType: body.support === 'extended' ? 'EXTENDED' : 'STANDARD' },
    ...(body.logs.length === 0 ? {} : { logging: logging(body) }),
    deletionProtection: body.protect,
    clientRequestToken: token,
    tags,
  }
}

const compute = (auto: NonNullable<ClusterBody['auto']>) => ({
  enabled: true,
  nodePools: [...auto.pools],
  nodeRoleArn: text(auto.nodeRoleArn),
})

const doors = ({ endpoint }: ClusterBody) => ({
  endpointPublicAccess: endpoint.public,
  endpointPrivateAccess: endpoint.private,
  ...(endpoint.public ? { publicAccessCidrs: [...endpoint.allow] } : {}),
})

const logging = ({ logs }: ClusterBody) => ({
  clusterLogging: [{ enabled: true, types: logs.map((type) => type as 'api') }],
})

/** References have been put in by the engine. */
export const text = (value: string | Reference): string => String(value)

/** IAM takes seconds to spread a new role: EKS then says that it cannot be assumed, which passes. */
export const lagging = (error: unknown, doing: string, step: Step<unknown>): StormportError => {
  const mapped = awsError(error, doing, step.eks.target.name)
  if (!/could not be assumed/.test(mapped.message)) return mapped
  return new StormportError('Throttled', `${mapped.message}; a new role needs some seconds`, {
    ...mapped.details,
    retry: 'later',
    retryAfterMs: 5_000,
    hint: 'check create.roles of the target if it stays',
  })
}

/** One change at a time: EKS takes one update of a cluster, the next comes when the plan is made anew. */
const update = async (
  client: EKSClient,
  { sdk, live }: { readonly sdk: Sdk; readonly live: Cluster },
  step: Step<ClusterBody>,
): Promise<Applied> => {
  const { name, body, token, signal } = step
  refuseImmutable(live, step)
  const steps = pendingSteps(live, body)
  const sendTags = (): Promise<unknown> =>
    client.send(new sdk.TagResourceCommand({ resourceArn: live.arn, tags: step.tags }), { abortSignal: signal })
  try {
    const [next] = steps
    if (next !== undefined) {
      const clientRequestToken = contentHash([token, live.version, next])
      const of = { name, clientRequestToken }
      const { update } =
        next.kind === 'version'
          ? await client.send(new sdk.UpdateClusterVersionCommand({ ...of, version: next.version }), {
              abortSignal: signal,
            })
          : await client.send(new sdk.UpdateClusterConfigCommand({ ...of, ...next.config }), { abortSignal: signal })
      remember(step, update?.id)
    }
    // The hash says that nothing of it is left to ask for.
    if (steps.length <= 1) await sendTags()
    return { changed: true }
  } catch (error) {
    throw awsError(error, `change cluster ${name}`, step.eks.target.name)
  }
}

type Pending =
  | { readonly kind: 'version'; readonly version: string }
  | { readonly kind: 'config'; readonly config: Config }

const pendingSteps = (live: Cluster, body: ClusterBody): readonly Pending[] => [
  ...(body.version === null || minorOf(body.version) <= minorOf(live.version)
    ? []
    : [{ kind: 'version' as const, version: body.version }]),
  ...pendingConfig(live, body).map((config) => ({ kind: 'config' as const, config })),
]

const remember = ({ eks }: Step<ClusterBody>, updateId: string | undefined): void => {
  if (updateId !== undefined) eks.updates.set(clusterId(eksSettings(eks.target)), { updateId })
}

const refuseImmutable = (live: Cluster, { name, body, eks }: Step<ClusterBody>): void => {
  const subnets = live.resourcesVpcConfig?.subnetIds ?? []
  const moved = body.subnets.length > 0 && [...subnets].sort().join() !== body.subnets.map(text).sort().join()
  const what = live.roleArn !== text(body.roleArn) ? 'create.roles.cluster' : moved ? 'create.network' : null
  if (what === null) return
  throw new StormportError('InvalidSpec', `${what} of cluster ${name} cannot be changed once it stands`, {
    diagnostic: 'SP4407',
    source: 'user',
    target: eks.target.name,
    hint: 'write it as it was, or make another target and move there',
  })
}

type Config = Omit<import('@aws-sdk/client-eks').UpdateClusterConfigRequest, 'name'>

const pendingConfig = (live: Cluster, body: ClusterBody): readonly Config[] => {
  const support = body.support === 'extended' ? 'EXTENDED' : 'STANDARD'
  const on = (live.logging?.clusterLogging ?? []).filter((each) => each.enabled).flatMap((each) => each.types ?? [])
  const vpc = live.resourcesVpcConfig
  const doorsDiffer =
    vpc?.endpointPublicAccess !== body.endpoint.public ||
    vpc.endpointPrivateAccess !== body.endpoint.private ||
    (body.endpoint.public &&
      [...(vpc.publicAccessCidrs ?? [])].sort().join() !== [...body.endpoint.allow].sort().join())
  return [
    ...(live.deletionProtection === body.protect ? [] : [{ deletionProtection: body.protect }]),
    ...(live.upgradePolicy?.supportType === support ? [] : [{ upgradePolicy: { supportType: support } as const }]),
    ...([...on].sort().join() === [...body.logs].sort().join() ? [] : [{ logging: changedLogging(on, body.logs) }]),
    ...(doorsDiffer ? [{ resourcesVpcConfig: doors(body) }] : []),
  ]
}

const changedLogging = (on: readonly string[], wanted: readonly string[]) => ({
  clusterLogging: [
    { enabled: true, types: wanted.map((type) => type as 'api') },
    { enabled: false, types: on.filter((type) => !wanted.includes(type)).map((type) => type as 'api') },
  ].filter((each) => each.types.length > 0),
})

export const removeCluster = async (of: Removal): Promise<boolean> => {
  const { eks, name, signal } = of
  const sdk = await import('@aws-sdk/client-eks')
  const client = await eks.clients.eks()
  return removed(of, `delete cluster ${name}`, () =>
    client.send(new sdk.DeleteClusterCommand({ name }), { abortSignal: signal }),
  ).finally(() => eks.forget())
}
