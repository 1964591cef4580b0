// How many nodes a pool may have, where the file leaves it open.
import type { Pool } from './fleet.ts'

export interface PoolSize {
  readonly min: number
  readonly max: number
}

/** A pool without sizes is there and empty until it is needed, and never more than one node by accident. */
export const poolSize = ({ settings }: Pick<Pool, 'settings'>): PoolSize => {
  const min = typeof settings['min'] === 'number' ? settings['min'] : 0
  return { min, max: typeof settings['max'] === 'number' ? settings['max'] : Math.max(min, 1) }
}
