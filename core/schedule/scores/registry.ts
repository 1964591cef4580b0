// The policies: which scores count, in order of weight. A score decides only where those before it are equal.
import type { NodeTable } from '../table.ts'
import type { ReplicaClass, SchedulePolicy } from '../types.ts'
import type { Workload } from '../workload.ts'
import { leastAllocated, mostAllocated } from './allocation.ts'
import { gpuFragmentation } from './gpu-fragmentation.ts'
import { replicaSpread } from './replica-spread.ts'
import { type NodeScore, SCORE_STEPS, type Score } from './score.ts'
import { withoutGpus } from './without-gpus.ts'

interface PolicyRules {
  readonly cpuWork: readonly Score[]
  readonly gpuWork: readonly Score[]
  /** Zones are levelled before any node is looked at. */
  readonly zones: { readonly cpuWork: boolean; readonly gpuWork: boolean }
}

const policies: Readonly<Record<SchedulePolicy, PolicyRules>> = {
  balanced: {
    cpuWork: [withoutGpus, replicaSpread, gpuFragmentation, leastAllocated],
    gpuWork: [gpuFragmentation],
    zones: { cpuWork: true, gpuWork: false },
  },
  pack: {
    cpuWork: [withoutGpus, gpuFragmentation, mostAllocated],
    gpuWork: [gpuFragmentation, mostAllocated],
    zones: { cpuWork: false, gpuWork: false },
  },
  spread: {
    cpuWork: [replicaSpread, leastAllocated],
    gpuWork: [replicaSpread, leastAllocated],
    zones: { cpuWork: true, gpuWork: true },
  },
}

export const levelsZones = (policy: SchedulePolicy, cls: ReplicaClass): boolean =>
  cls.gpu === null ? policies[policy].zones.cpuWork : policies[policy].zones.gpuWork

export interface ScoreContext {
  readonly policy: SchedulePolicy
  readonly workload: Workload
}

export interface RankedScore {
  /** The weightiest first: a score decides only where those before it are equal. */
  readonly digits: readonly NodeScore[]
  /** All of them as one number to the base SCORE_STEPS. */
  of(row: number): number
}

export const rankedScore = (table: NodeTable, cls: ReplicaClass, context: ScoreContext): RankedScore => {
  const rules = policies[context.policy]
  const scores = cls.gpu === null ? rules.cpuWork : rules.gpuWork
  const digits = scores.flatMap((score) => score.prepare(table, cls, context.workload) ?? [])
  return {
    digits,
    of: (row) => {
      let total = 0
      for (let i = 0; i < digits.length; i++) total = total * SCORE_STEPS + (digits[i]?.(row) ?? 0)
      return total
    },
  }
}
