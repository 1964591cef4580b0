// Node groups: made with their sizes; sizes, labels and taints changed in place; never a desired size that an autoscaler has set.
import type { EKSClient, Nodegroup, Taint, UpdateNodegroupConfigRequest } from '@aws-sdk/client-eks'
import { awsError, nameOf } from '../errors.ts'
import { eksSettings } from '../settings.ts'
import { lagging, text } from './apply-cluster.ts'
import type { GroupBody } from './bodies.ts'
import { isOurs } from './names.ts'
import { type Applied, foreign, type Removal, removed, type Step } from './step.ts'

type Sdk = typeof import('@aws-sdk/client-eks')

export const applyGroup = async (step: Step<GroupBody>): Promise<Applied> => {
  const sdk = await import('@aws-sdk/client-eks')
  const client = await step.eks.clients.eks()
  const live = await describe(client, { sdk, step })
  if (live === null) return create(client, sdk, step)
  if (!isOurs(live.tags, step.owner)) throw foreign('node group', step.name, step.eks.target.name)
  if (live.status !== 'ACTIVE') return { changed: false }
  return update(client, { sdk, live }, step)
}

const describe = async (
  client: EKSClient,
  { sdk, step }: { readonly sdk: Sdk; readonly step: Step<GroupBody> },
): Promise<Nodegroup | null> => {
  const of = { clusterName: eksSettings(step.eks.target).cluster, nodegroupName: step.name }
  try {
    return (await client.send(new sdk.DescribeNodegroupCommand(of), { abortSignal: step.signal })).nodegroup ?? null
  } catch (error) {
    if (nameOf(error) === 'ResourceNotFoundException') return null
    throw awsError(error, `look at node group ${step.name}`, step.eks.target.name)
  }
}

const create = async (client: EKSClient, sdk: Sdk, step: Step<GroupBody>): Promise<Applied> => {
  const { body, name, tags, token, signal } = step
  const input = {
    clusterName: eksSettings(step.eks.target).cluster,
    nodegroupName: name,
    subnets: body.subnets.map(text),
    nodeRole: text(body.nodeRoleArn),
    scalingConfig: { minSize: body.min, maxSize: body.max, desiredSize: body.min },
    instanceTypes: [...body.instanceTypes],
    amiType: body.amiType as 'AL2023_x86_64_STANDARD',
    capacityType: body.capacityType === 'spot' ? ('SPOT' as const) : ('ON_DEMAND' as const),
    labels: { ...body.labels },
    taints: body.taints.map(taint),
    tags,
    clientRequestToken: token,
  }
  try {
    await client.send(new sdk.CreateNodegroupCommand(input), { abortSignal: signal })
    return { changed: true }
  } catch (error) {
    throw lagging(error, `create node group ${name}`, step)
  }
}

const taint = ({ key, value, effect }: GroupBody['taints'][number]): Taint => ({
  key,
  ...(value === '' ? {} : { value }),
  effect: effect as 'NO_SCHEDULE',
})

const update = async (
  client: EKSClient,
  { sdk, live }: { readonly sdk: Sdk; readonly live: Nodegroup },
  step: Step<GroupBody>,
): Promise<Applied> => {
  const changes = configOf(live, step.body)
  const of = { clusterName: eksSettings(step.eks.target).cluster, nodegroupName: step.name }
  try {
    if (Object.keys(changes).length > 0) {
      const input = { ...of, ...changes, clientRequestToken: step.token }
      const { update } = await client.send(new sdk.UpdateNodegroupConfigCommand(input), { abortSignal: step.signal })
      if (update?.id !== undefined)
        step.eks.updates.set(`eks/Nodegroup/${step.name}`, { updateId: update.id, nodegroupName: step.name })
    }
    const tagging = { resourceArn: live.nodegroupArn, tags: step.tags }
    await client.send(new sdk.TagResourceCommand(tagging), { abortSignal: step.signal })
    return { changed: true }
  } catch (error) {
    throw awsError(error, `change node group ${step.name}`, step.eks.target.name)
  }
}

type Changes = Pick<UpdateNodegroupConfigRequest, 'scalingConfig' | 'labels' | 'taints'>

const configOf = (live: Nodegroup, body: GroupBody): Changes => ({
  ...(live.scalingConfig?.minSize === body.min && live.scalingConfig.maxSize === body.max
    ? {}
    : { scalingConfig: clamped(live, body) }),
  ...labelsOf(live, body),
  ...taintsOf(live, body),
})

/** The desired size is written only where it lies outside the new bounds: else EKS refuses them. */
const clamped = (live: Nodegroup, { min, max }: GroupBody) => {
  const now = live.scalingConfig?.desiredSize ?? min
  const desired = Math.min(Math.max(now, min), max)
  return { minSize: min, maxSize: max, ...(desired === now ? {} : { desiredSize: desired }) }
}

const labelsOf = (live: Nodegroup, { labels }: GroupBody): Changes => {
  const before = live.labels ?? {}
  const removeLabels = Object.keys(before).filter((key) => labels[key] === undefined)
  const addOrUpdateLabels = Object.fromEntries(Object.entries(labels).filter(([key, value]) => before[key] !== value))
  if (removeLabels.length + Object.keys(addOrUpdateLabels).length === 0) return {}
  return { labels: { addOrUpdateLabels, removeLabels } }
}

const taintsOf = (live: Nodegroup, body: GroupBody): Changes => {
  const wanted = body.taints.map(taint)
  const before = live.taints ?? []
  const same = (a: Taint, b: Taint): boolean =>
    a.key === b.key && a.effect === b.effect && (a.value ?? '') === (b.value ?? '')
  const addOrUpdateTaints = wanted.filter((each) => !before.some((other) => same(each, other)))
  const removeTaints = before.filter(
    (each) => !wanted.some((other) => other.key === each.key && other.effect === each.effect),
  )
  if (addOrUpdateTaints.length + removeTaints.length === 0) return {}
  return { taints: { addOrUpdateTaints, removeTaints } }
}

export const removeGroup = async (of: Removal): Promise<boolean> => {
  const { eks, name, signal } = of
  const sdk = await import('@aws-sdk/client-eks')
  const client = await eks.clients.eks()
  const input = { clusterName: eksSettings(eks.target).cluster, nodegroupName: name }
  return removed(of, `delete node group ${name}`, () =>
    client.send(new sdk.DeleteNodegroupCommand(input), { abortSignal: signal }),
  )
}
