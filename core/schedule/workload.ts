// The typical GPU work of a run, against which free cards are judged: what cannot serve it is a fragment. Made of the
// run's own classes, plus a little of whole-card work of common sizes so that a lone small class still packs.
import { neededDevices, shareOf } from './devices.ts'
import { SHARE_UNITS } from './table.ts'
import type { ReplicaClass } from './types.ts'

export interface TypicalTask {
  readonly cpuMillis: number
  readonly memoryBytes: number
  readonly devices: number
  readonly share: number
  readonly weight: number
}

export interface Workload {
  /** Weights add up to 1. */
  readonly tasks: readonly TypicalTask[]
  /** CPU that a whole card's worth of GPU work asks for; null: no GPU work in this run, a node's own ratio counts. */
  readonly cpuMillisPerGpu: number | null
}

const COMMON_SIZES = [1, 2, 4, 8]
const COMMON_WEIGHT = 0.1

export const typicalWorkload = (classes: readonly ReplicaClass[], counts: Int32Array): Workload => {
  const own = mergedTasks(classes, counts)
  const total = own.reduce((sum, task) => sum + task.weight, 0)
  const gpus = own.reduce((sum, task) => sum + (task.weight * task.devices * task.share) / SHARE_UNITS, 0)
  const cpu = own.reduce((sum, task) => sum + task.weight * task.cpuMillis, 0)
  const common = total === 0 ? 1 : COMMON_WEIGHT
  return {
    tasks: [
      ...own.map((task) => ({ ...task, weight: (task.weight / total) * (1 - common) })),
      ...COMMON_SIZES.map((devices) => ({
        cpuMillis: 0,
        memoryBytes: 0,
        devices,
        share: SHARE_UNITS,
        weight: common / COMMON_SIZES.length,
      })),
    ],
    cpuMillisPerGpu: gpus > 0 && cpu > 0 ? cpu / gpus : null,
  }
}

/** Like tasks count as one, and only the most frequent count at all: each is asked of every node with GPUs. */
const MAX_TASKS = 12
const CPU_STEP_MILLIS = 1000
const MEMORY_STEP_BYTES = 4 * 1024 ** 3

const mergedTasks = (classes: readonly ReplicaClass[], counts: Int32Array): readonly TypicalTask[] => {
  const tasks = new Map<string, TypicalTask>()
  classes.forEach((cls, index) => {
    const weight = counts[index] ?? 0
    if (cls.gpu === null || weight <= 0) return
    const task = {
      cpuMillis: roundedUp(cls.requests.cpuMillis, CPU_STEP_MILLIS),
      memoryBytes: roundedUp(cls.requests.memoryBytes, MEMORY_STEP_BYTES),
      devices: neededDevices(cls.gpu),
      share: shareOf(cls.gpu),
    }
    const key = `${task.cpuMillis}/${task.memoryBytes}/${task.devices}/${task.share}`
    tasks.set(key, { ...task, weight: weight + (tasks.get(key)?.weight ?? 0) })
  })
  return [...tasks.values()].sort((a, b) => b.weight - a.weight).slice(0, MAX_TASKS)
}

const roundedUp = (value: number, step: number): number => Math.ceil(value / step) * step
