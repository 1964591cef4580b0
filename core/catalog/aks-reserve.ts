// What AKS keeps of a node for itself (AKS documentation, "Node resource reservations", rule of 1.29 and later), with the
// 110 pods a node that our pools ask for.
import { MEBIBYTE } from '../model/quantity.ts'
import type { Resources } from '../model/resources.ts'

/** Pods a node of the pools that we make. */
export const AKS_MAX_PODS = 110

/** vCPUs of the host → CPU thousandths kept. */
const CPU_STEPS: readonly (readonly [number, number])[] = [
  [1, 60],
  [2, 100],
  [4, 140],
  [8, 180],
  [16, 260],
  [32, 420],
  [64, 740],
]

const EVICTION_BYTES = 100 * MEBIBYTE
const MEGABYTE = 1000 ** 2

export const aksAllocatable = (nominal: Resources): Resources => {
  const cpuKept = CPU_STEPS.findLast(([vcpus]) => vcpus * 1000 <= nominal.cpuMillis)?.[1] ?? 60
  const memoryKept = Math.min((20 * AKS_MAX_PODS + 50) * MEGABYTE, nominal.memoryBytes / 4)
  return {
    cpuMillis: nominal.cpuMillis - cpuKept,
    memoryBytes: Math.floor(nominal.memoryBytes - memoryKept - EVICTION_BYTES),
  }
}
