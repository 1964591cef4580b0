// Nodes that pools may still get: counted apart from what is free, so that a plan can say which pool would grow and what that
// costs. They never count as capacity when a failover is proven.
import type { LivePool, PoolGroup, PoolPlan } from '../model/infra.ts'
import { poolSize } from '../model/pool-size.ts'
import type { NodeCapacity } from '../model/resources.ts'
import { textMap } from '../model/settings-text.ts'

/** Enough to see that something fits; a pool that could grow by thousands is not drawn out. */
const MOST = 100

export const growthNodes = (pools: readonly PoolPlan[], live: readonly LivePool[]): readonly NodeCapacity[] =>
  pools.flatMap((plan) => {
    const [group] = plan.groups
    if (group === undefined) return []
    const standing = live.filter((each) => each.pool === plan.pool.name).reduce((sum, each) => sum + each.nodes, 0)
    const room = Math.min(MOST, Math.max(0, poolSize(plan.pool).max - standing))
    return Array.from({ length: room }, (_, i) => growthNode(plan, group, i + 1))
  })

/** 'gpu+1': the first node that pool gpu would get. */
const growthNode = ({ pool }: PoolPlan, group: PoolGroup, number: number): NodeCapacity => {
  const [type] = group.types
  const resources = type?.resources ?? { cpuMillis: 0, memoryBytes: 0 }
  const gpus = type?.gpus ?? null
  return {
    name: `${pool.name}+${number}`,
    pool: pool.name,
    zone: type?.zone ?? null,
    arch: type?.arch ?? 'amd64',
    os: 'linux',
    labels: { 'stormport.dev/pool': pool.name, ...textMap(pool.settings['labels']) },
    taints: [],
    cordoned: false,
    total: resources,
    free: resources,
    gpus:
      gpus === null
        ? []
        : Array.from({ length: gpus.count }, (_, i) => ({
            id: String(i),
            model: gpus.model,
            memoryBytes: gpus.memoryBytes,
            freeShare: 1,
          })),
    hostPorts: [],
    volumes: [],
    replicas: {},
    priceUsdPerHour: type?.priceUsdPerHour ?? 0,
  }
}
