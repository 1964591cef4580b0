// Which cards of a node serve a GPU request, and which of them are taken: the tightest shared card, else the smallest
// whole ones, so that large and untouched cards stay free.
import type { GpuRequest } from '../model/resources.ts'
import { type NodeTable, SHARE_UNITS } from './table.ts'

/** Thousandths of each card that the request takes. Without sharing a card is taken whole. */
export const shareOf = (gpu: GpuRequest): number =>
  gpu.sharing === 'allow' ? Math.max(1, Math.round(gpu.share * SHARE_UNITS)) : SHARE_UNITS

/** The model, memory and id of the card suit the request, free or not. */
export const deviceSuits = (table: NodeTable, gpu: GpuRequest, device: number): boolean =>
  (table.deviceMemory[device] ?? 0) >= gpu.minMemoryBytes &&
  (gpu.models.length === 0 || gpu.models.includes(table.deviceModel[device] ?? '')) &&
  (gpu.deviceIds.length === 0 || gpu.deviceIds.includes(table.deviceId[device] ?? ''))

export const neededDevices = (gpu: GpuRequest): number => Math.max(gpu.count, gpu.deviceIds.length)

/** True when enough suitable cards of the row have the share free. Allocates nothing: it runs for every node. */
export const devicesFit = (table: NodeTable, gpu: GpuRequest, row: number): boolean => {
  const share = shareOf(gpu)
  let missing = neededDevices(gpu)
  const end = table.deviceStart[row + 1] ?? 0
  for (let device = table.deviceStart[row] ?? 0; device < end && missing > 0; device++) {
    if ((table.deviceFree[device] ?? 0) >= share && deviceSuits(table, gpu, device)) missing--
  }
  return missing <= 0
}

/** True when the row has enough suitable cards, free or not. */
export const devicesSuit = (table: NodeTable, gpu: GpuRequest, row: number): boolean => {
  let suitable = 0
  for (let device = table.deviceStart[row] ?? 0; device < (table.deviceStart[row + 1] ?? 0); device++) {
    if (deviceSuits(table, gpu, device)) suitable++
  }
  return suitable >= neededDevices(gpu)
}

/** The cards to take on a row where they fit, as indices into the device columns. */
export const chooseDevices = (table: NodeTable, gpu: GpuRequest, row: number): number[] => {
  const share = shareOf(gpu)
  const free: number[] = []
  for (let device = table.deviceStart[row] ?? 0; device < (table.deviceStart[row + 1] ?? 0); device++) {
    if ((table.deviceFree[device] ?? 0) >= share && deviceSuits(table, gpu, device)) free.push(device)
  }
  const tightness = (device: number): number => table.deviceFree[device] ?? 0
  const memory = (device: number): number => table.deviceMemory[device] ?? 0
  free.sort((a, b) => tightness(a) - tightness(b) || memory(a) - memory(b) || a - b)
  return free.slice(0, neededDevices(gpu))
}
