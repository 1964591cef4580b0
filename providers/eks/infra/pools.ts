// Pools as node groups: one for each way to buy, with what cannot change in place in its name; serverless pools as one
// Fargate profile that takes only what is sent to it.
import type { InfraSpec, PoolGroup, PoolPlan } from '../../../core/model/infra.ts'
import { type Owner, ownedName, ownerOf } from '../../../core/model/infra-owner.ts'
import type { NativeObject } from '../../../core/model/native-object.ts'
import { poolSize } from '../../../core/model/pool-size.ts'
import { textList, textMap } from '../../../core/model/settings-text.ts'
import type { EksSettings } from '../settings.ts'
import type { GroupBody, ProfileBody, Reference } from './bodies.ts'
import { groupName, POOL_TAG, roleName } from './names.ts'
import { networkOf } from './network-plan.ts'
import { clusterId, nodeRole, object, roleObject, roleRef, STAGES } from './objects.ts'

interface Ground {
  readonly owner: Owner
  readonly subnets: readonly (string | Reference)[]
  readonly nodeRoleArn: string | Reference
  readonly after: readonly string[]
}

export const poolObjects = (spec: InfraSpec, settings: EksSettings): readonly NativeObject[] => {
  const ground = groundOf(spec, settings)
  // Auto Mode grows by itself: its pools are objects inside the cluster, not groups.
  const groups =
    settings.create?.nodes === 'auto'
      ? []
      : spec.pools.flatMap((plan) => plan.groups.map((group) => groupObject(plan, group, ground)))
  // A used cluster has no role of ours for nodes yet.
  const roles = settings.create === null && groups.length > 0 ? [nodeRole(ground.owner, 'managed')] : []
  return [...roles, ...groups, ...serverlessObjects(spec, settings, ground)]
}

const groundOf = (spec: InfraSpec, settings: EksSettings): Ground => {
  const owner = ownerOf(spec.fleet, spec.target)
  const live = spec.live.objects.find((each) => each.id === clusterId(settings))
  const seen = String(live?.summary?.['subnets'] ?? '')
  return {
    owner,
    subnets:
      settings.create === null
        ? seen === ''
          ? []
          : seen.split(',')
        : (settings.create.use?.subnets ?? networkOf(settings.create, owner, settings.region).subnets),
    nodeRoleArn: settings.create?.roles.node ?? roleRef(owner, 'node'),
    after: settings.create === null ? [`iam/Role/${roleName(owner, 'node')}`] : [clusterId(settings)],
  }
}

const groupObject = (plan: PoolPlan, group: PoolGroup, ground: Ground): NativeObject => {
  const body = groupBody(plan, group, ground)
  const { min: _min, max: _max, labels: _labels, taints: _taints, ...immutable } = body
  const name = groupName(plan.pool.name, group.capacityType, immutable)
  return object('Nodegroup', name, {
    owner: ground.owner,
    stage: STAGES.pool,
    awaits: ground.after,
    body,
    guard: 'container',
  })
}

const groupBody = ({ pool }: PoolPlan, group: PoolGroup, ground: Ground): GroupBody => {
  const [first] = group.types
  const size = poolSize(pool)
  const gpu = first?.gpus ?? null
  return {
    pool: pool.name,
    capacityType: group.capacityType,
    instanceTypes: group.types.map((offer) => offer.instanceType),
    amiType: amiType(first?.arch ?? 'amd64', gpu !== null),
    nodeRoleArn: ground.nodeRoleArn,
    subnets: ground.subnets,
    ...size,
    labels: {
      ...textMap(pool.settings['labels']),
      [POOL_TAG]: pool.name,
      ...(gpu === null ? {} : { 'stormport.dev/gpu': gpu.model, 'k8s.amazonaws.com/accelerator': gpu.model }),
    },
    taints: [
      ...textList(pool.settings['taints']).map(taintOf),
      // Work without GPUs must not fill the dear nodes; what asks for a GPU gets the toleration from us.
      ...(gpu === null ? [] : [{ key: 'nvidia.com/gpu', value: 'present', effect: 'NO_SCHEDULE' }]),
    ],
  }
}

/** Never asked of the user: the wrong image on a GPU type gives a node without GPUs. */
const amiType = (arch: string, gpu: boolean): string => {
  const cpu = arch === 'arm64' ? 'ARM_64' : 'x86_64'
  return `AL2023_${cpu}_${gpu ? 'NVIDIA' : 'STANDARD'}`
}

const EFFECTS: Readonly<Record<string, string>> = {
  NoSchedule: 'NO_SCHEDULE',
  PreferNoSchedule: 'PREFER_NO_SCHEDULE',
  NoExecute: 'NO_EXECUTE',
}

const taintOf = (text: string): GroupBody['taints'][number] => {
  const [pair = '', effect = ''] = text.split(':')
  const [key = '', value = ''] = pair.split('=')
  return { key, value, effect: EFFECTS[effect] ?? effect }
}

const serverlessObjects = (spec: InfraSpec, settings: EksSettings, ground: Ground): readonly NativeObject[] => {
  const pools = spec.pools.filter(({ pool }) => pool.kind === 'serverless')
  if (pools.length === 0) return []
  const role = roleObject(ground.owner, 'pod', {
    service: 'eks-fargate-pods.amazonaws.com',
    tagSession: false,
    policies: ['arn:aws:iam::aws:policy/AmazonEKSFargatePodExecutionRolePolicy'],
  })
  const profiles = pools.map(({ pool }, i) => {
    const body: ProfileBody = { pool: pool.name, roleArn: roleRef(ground.owner, 'pod'), subnets: ground.subnets }
    const name = ownedName([ground.owner.fleet, pool.name], 100)
    return object('FargateProfile', name, {
      owner: ground.owner,
      // EKS makes one profile of a cluster at a time: each stands a stage behind the one before.
      stage: STAGES.pool + i,
      awaits: [...(settings.create === null ? [] : [clusterId(settings)]), role.id],
      body,
    })
  })
  return [role, ...profiles]
}
