// How much free GPU of a node is a fragment: the part that typical work cannot use for want of a whole card, of enough
// cards, or of CPU and memory beside them ("Beware of Fragmentation", ATC'23), plus cards that the free CPU cannot feed.
import { chooseDevices, shareOf } from './devices.ts'
import { type NodeTable, SHARE_UNITS } from './table.ts'
import type { ReplicaClass } from './types.ts'
import type { TypicalTask, Workload } from './workload.ts'

/** Thousandths of a card that become fragments when the row takes the class; negative: fragments are used up. */
export const fragmentationGrowth = (
  table: NodeTable,
  cls: ReplicaClass,
  workload: Workload,
): ((row: number) => number) => {
  const { deviceFree, freeCpu, freeMemory } = table
  return (row) => {
    const before = fragments(table, workload, row)
    const devices = cls.gpu === null ? [] : chooseDevices(table, cls.gpu, row)
    const share = cls.gpu === null ? 0 : shareOf(cls.gpu)
    // Taken and given back in place: copying the columns for a what-if would cost more than the answer.
    shift(deviceFree, devices, -share)
    freeCpu[row] = (freeCpu[row] ?? 0) - cls.requests.cpuMillis
    freeMemory[row] = (freeMemory[row] ?? 0) - cls.requests.memoryBytes
    const after = fragments(table, workload, row)
    shift(deviceFree, devices, share)
    freeCpu[row] = (freeCpu[row] ?? 0) + cls.requests.cpuMillis
    freeMemory[row] = (freeMemory[row] ?? 0) + cls.requests.memoryBytes
    return after - before
  }
}

const shift = (deviceFree: Int32Array, devices: readonly number[], by: number): void => {
  for (const device of devices) deviceFree[device] = (deviceFree[device] ?? 0) + by
}

const fragments = (table: NodeTable, workload: Workload, row: number): number => {
  const start = table.deviceStart[row] ?? 0
  const end = table.deviceStart[row + 1] ?? 0
  if (start === end) return 0
  const free = sumFree(table.deviceFree, start, end, 1)
  let expected = 0
  for (const task of workload.tasks) expected += task.weight * unusable(table, task, row, free)
  return expected + stranded(table, workload, row, free)
}

/** Free GPU that this task cannot use here: all of it where the task does not fit at all. */
const unusable = (table: NodeTable, task: TypicalTask, row: number, free: number): number => {
  const start = table.deviceStart[row] ?? 0
  const end = table.deviceStart[row + 1] ?? 0
  if ((table.freeCpu[row] ?? 0) < task.cpuMillis || (table.freeMemory[row] ?? 0) < task.memoryBytes) return free
  let fitting = 0
  for (let device = start; device < end; device++) if ((table.deviceFree[device] ?? 0) >= task.share) fitting++
  return fitting < task.devices ? free : free - sumFree(table.deviceFree, start, end, task.share)
}

const sumFree = (deviceFree: Int32Array, start: number, end: number, atLeast: number): number => {
  let sum = 0
  for (let device = start; device < end; device++) {
    const free = deviceFree[device] ?? 0
    if (free >= atLeast) sum += free
  }
  return sum
}

/** Cards for which no CPU is left: by what GPU work asks for, else by the node's own share of CPU per card. */
const stranded = (table: NodeTable, workload: Workload, row: number, free: number): number => {
  const devices = (table.deviceStart[row + 1] ?? 0) - (table.deviceStart[row] ?? 0)
  const perGpu = workload.cpuMillisPerGpu ?? (table.totalCpu[row] ?? 0) / devices
  return perGpu <= 0 ? 0 : Math.max(0, free - (Math.max(0, table.freeCpu[row] ?? 0) / perGpu) * SHARE_UNITS)
}
