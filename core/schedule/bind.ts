// Taking and giving back what a replica uses of a node. Each take can be undone by the give of the same binding, which is
// what gangs, previews and preemption stand on.
import { chooseDevices, shareOf } from './devices.ts'
import { type NodeTable, replicasOf } from './table.ts'
import type { ReplicaClass } from './types.ts'

export interface Binding {
  readonly row: number
  /** Indices into the device columns. */
  readonly devices: readonly number[]
  /** Volumes that nobody held before: this binding made the row their home. */
  readonly pins: readonly string[]
}

const NONE: readonly never[] = []

export const take = (table: NodeTable, cls: ReplicaClass, row: number): Binding => {
  addResources(table, cls, row, -1)
  addReplicas(table, cls.key, row, 1)
  for (const port of cls.hostPorts) portsOf(table, row).add(port)
  return {
    row,
    devices: takeDevices(table, cls, row),
    pins: cls.volumes.length === 0 ? NONE : pinVolumes(table, cls, row),
  }
}

export const give = (table: NodeTable, cls: ReplicaClass, binding: Binding): void => {
  const { row, devices, pins } = binding
  addResources(table, cls, row, 1)
  addReplicas(table, cls.key, row, -1)
  for (const port of cls.hostPorts) table.hostPorts[row]?.delete(port)
  if (cls.gpu !== null)
    for (const device of devices) table.deviceFree[device] = (table.deviceFree[device] ?? 0) + shareOf(cls.gpu)
  for (const volume of pins) table.volumeRows.delete(volume)
}

export const addResources = (
  table: NodeTable,
  cls: Pick<ReplicaClass, 'requests'>,
  row: number,
  sign: 1 | -1,
): void => {
  table.freeCpu[row] = (table.freeCpu[row] ?? 0) + sign * cls.requests.cpuMillis
  table.freeMemory[row] = (table.freeMemory[row] ?? 0) + sign * cls.requests.memoryBytes
}

export const addReplicas = (table: NodeTable, key: string, row: number, by: number): void => {
  const rows = replicasOf(table, key)
  const count = (rows.get(row) ?? 0) + by
  if (count > 0) rows.set(row, count)
  else rows.delete(row)
}

const portsOf = (table: NodeTable, row: number): Set<string> => {
  const ports = table.hostPorts[row] ?? new Set<string>()
  table.hostPorts[row] = ports
  return ports
}

const takeDevices = (table: NodeTable, cls: ReplicaClass, row: number): readonly number[] => {
  if (cls.gpu === null) return NONE
  const devices = chooseDevices(table, cls.gpu, row)
  for (const device of devices) table.deviceFree[device] = (table.deviceFree[device] ?? 0) - shareOf(cls.gpu)
  return devices
}

const pinVolumes = (table: NodeTable, cls: ReplicaClass, row: number): readonly string[] => {
  const pins = cls.volumes.filter((volume) => !table.volumeRows.has(volume))
  for (const volume of pins) table.volumeRows.set(volume, new Set([row]))
  return pins
}
