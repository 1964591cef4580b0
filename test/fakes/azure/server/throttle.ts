// Token buckets as AKS documents them (quotas-skus-regions: throttling limits), on the clock of the stand-in.
import type { FakeClock } from '../../clock.ts'

interface Bucket {
  readonly size: number
  readonly perSecond: number
}

/** Bursts and refill of AKS; each per resource, status and lists per subscription or group. */
const BUCKETS: Readonly<Record<string, Bucket>> = {
  putCluster: { size: 20, perSecond: 1 / 60 },
  putPool: { size: 20, perSecond: 1 / 60 },
  getCluster: { size: 60, perSecond: 1 },
  status: { size: 200, perSecond: 2 },
  listBySubscription: { size: 500, perSecond: 1 },
  listByGroup: { size: 60, perSecond: 1 },
  others: { size: 60, perSecond: 1 },
}

export interface Throttle {
  /** Seconds to wait; 0: the request may pass, and is counted. */
  take(bucket: string, key: string): number
}

export const createThrottle = (clock: FakeClock): Throttle => {
  const levels = new Map<string, { readonly left: number; readonly atMs: number }>()
  return {
    take: (name, key) => {
      const bucket = BUCKETS[name]
      if (bucket === undefined) return 0
      const now = clock.now()
      const level = levels.get(`${name}/${key}`) ?? { left: bucket.size, atMs: now }
      const left = Math.min(bucket.size, level.left + ((now - level.atMs) / 1000) * bucket.perSecond)
      levels.set(`${name}/${key}`, { left: left >= 1 ? left - 1 : left, atMs: now })
      return left >= 1 ? 0 : Math.ceil((1 - left) / bucket.perSecond)
    },
  }
}
