// Pools as AKS agent pools: one for each way to buy, with what cannot change in place in its name, and the system pool that
// every cluster has.
import { contentHash } from '../../../core/model/canonical.ts'
import type { InfraSpec, PoolGroup, PoolPlan } from '../../../core/model/infra.ts'
import type { Owner } from '../../../core/model/infra-owner.ts'
import type { NativeObject } from '../../../core/model/native-object.ts'
import { poolSize } from '../../../core/model/pool-size.ts'
import { textList, textMap } from '../../../core/model/settings-text.ts'
import type { AksCreate } from '../settings.ts'
import type { PoolBody } from './bodies.ts'
import { POOL_LABEL, poolName } from './names.ts'
import { object, poolId, STAGES } from './objects.ts'

export interface PoolGround {
  readonly owner: Owner
  readonly subnet: string | null
  readonly version: string | null
  /** Ids that must be ready before the first pool is sent. */
  readonly awaits: readonly string[]
}

export const SYSTEM_POOL = 'system'
/** Two vCPU and four GB are the least that AKS takes; half of that is left for the parts that AKS runs there. */
const SYSTEM_SIZE = 'Standard_D2s_v5'
const SYSTEM_TAINT = 'CriticalAddonsOnly=true:NoSchedule'

/** `shared`: nothing else takes work, so the system pool has to. */
export const systemPool = (
  create: AksCreate,
  of: { readonly owner: Owner; readonly version: string | null; readonly shared: boolean },
): { readonly name: string; readonly hash: string; readonly body: PoolBody } => {
  const body: PoolBody = {
    pool: SYSTEM_POOL,
    mode: 'System',
    capacityType: 'on-demand',
    vmSize: SYSTEM_SIZE,
    version: of.version,
    subnet: create.subnet,
    zones: [],
    // Node auto provisioning is refused beside pools that scale themselves.
    scale: create.nodes === 'auto' ? null : { min: 1, max: 3 },
    labels: {},
    taints: of.shared ? [] : [SYSTEM_TAINT],
    gpu: null,
  }
  return {
    name: poolName(SYSTEM_POOL, 'system', immutable(body)),
    hash: contentHash({ ...body, owner: of.owner }),
    body,
  }
}

/** What AKS fixes when a pool is made. */
const immutable = ({ pool, mode, capacityType, vmSize, subnet, zones, gpu }: PoolBody): unknown => ({
  pool,
  mode,
  capacityType,
  vmSize,
  subnet,
  zones,
  gpu,
})

export const poolObject = (body: PoolBody, ground: PoolGround, stage: number): NativeObject => {
  const way = body.mode === 'System' ? 'system' : body.capacityType
  const name = poolName(body.pool, way, immutable(body))
  const { owner, awaits } = ground
  return object('AgentPool', name, { id: poolId(name), owner, stage, awaits, body, guard: 'container' })
}

/** One after the other: each waits for the one before. */
export const poolObjects = (spec: InfraSpec, ground: PoolGround): readonly NativeObject[] => {
  const bodies = spec.pools.flatMap((plan) => plan.groups.map((group) => poolBody(plan, group, ground)))
  const all = bodies.map((body, i) => poolObject(body, ground, STAGES.pool + 1 + i))
  return all.map((each, i) => {
    const before = all[i - 1]
    return before === undefined ? each : { ...each, awaits: [before.id] }
  })
}

const poolBody = ({ pool }: PoolPlan, group: PoolGroup, ground: PoolGround): PoolBody => {
  const [first] = group.types
  const gpu = first?.gpus ?? null
  const { settings } = pool
  return {
    pool: pool.name,
    mode: 'User',
    capacityType: group.capacityType,
    vmSize: first?.instanceType ?? '',
    version: ground.version,
    subnet: ground.subnet,
    zones: textList(settings['zones']),
    scale: poolSize(pool),
    labels: {
      ...textMap(settings['labels']),
      [POOL_LABEL]: pool.name,
      ...(gpu === null ? {} : { 'stormport.dev/gpu': gpu.model }),
    },
    taints: [
      ...textList(settings['taints']),
      // Work without GPUs must not fill the dear nodes; what asks for a GPU gets the toleration from us.
      ...(gpu === null ? [] : ['nvidia.com/gpu=present:NoSchedule']),
    ],
    gpu: gpu === null ? null : { driver: 'Install', mig: migOf(settings['gpu']) },
  }
}

/** '3g.40gb' → 'MIG3g': AKS names profiles by their number of slices. */
const migOf = (gpu: unknown): string | null => {
  const written = typeof gpu === 'object' && gpu !== null && 'mig' in gpu ? String(gpu.mig) : ''
  const slices = /^(\d+)g\./.exec(written)?.[1]
  return slices === undefined ? null : `MIG${slices}g`
}
