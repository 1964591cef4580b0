// Devices and GPUs. GPU ids were chosen by the scheduler and belong to this allocation alone: never "all", never a count.
import type { ComposeDevice, ComposeService } from '../../../../core/model/compose.ts'
import type { AllocSpec } from '../../daemon/driver.ts'
import type { Json } from './container.ts'

export const deviceFields = (alloc: AllocSpec): Json => {
  const { compose } = alloc.container
  const requests = deviceRequests(compose, alloc.gpuIds)
  return {
    Devices: compose.devices?.map((device) => ({
      PathOnHost: device.source,
      PathInContainer: device.target,
      CgroupPermissions: device.permissions ?? 'rwm',
    })),
    DeviceCgroupRules: compose['device_cgroup_rules'],
    DeviceRequests: requests.length === 0 ? undefined : requests,
  }
}

const deviceRequests = (compose: ComposeService, gpuIds: readonly string[]): readonly Json[] => {
  const stated = [...(compose.gpus ?? []), ...(compose.deploy?.resources?.reservations?.devices ?? [])]
  const gpu = stated.find(isGpu)
  const others = stated.filter((device) => !isGpu(device)).map(request)
  if (gpuIds.length === 0) return others
  const capabilities = gpu?.capabilities ?? ['gpu']
  const driver = gpu?.driver ?? 'nvidia'
  const own = { Driver: driver, DeviceIDs: gpuIds, Capabilities: [capabilities], Options: gpu?.options ?? {} }
  return [own, ...others]
}

const isGpu = (device: ComposeDevice): boolean =>
  device.driver !== 'cdi' && (device.capabilities === undefined || device.capabilities.includes('gpu'))

const request = (device: ComposeDevice): Json => ({
  Driver: device.driver ?? '',
  ...(device.device_ids === undefined
    ? { Count: device.count === 'all' ? -1 : Number(device.count ?? -1) }
    : { DeviceIDs: device.device_ids }),
  Capabilities: device.driver === 'cdi' ? [] : [device.capabilities ?? []],
  Options: device.options ?? {},
})
