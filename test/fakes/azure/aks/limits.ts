// What a pool may be, whoever asks: names, counts, Spot, sizes, zones, labels. Sources beside each.
import { type AzureFaultError, fault } from '../faults.ts'
import type { AzureState, PoolProps } from '../state.ts'
import { bursts, cuts, type Size, type Sizes } from './sizes.ts'

/** The code for what has none in the sources: that of the observed refusals of parameters. */
export const invalid = (message: string): AzureFaultError => fault(400, ['InvalidParameter', message])

export interface PoolCheck {
  readonly state: AzureState
  readonly sizes: Sizes
  readonly location: string
  readonly name: string
}

export const checkPool = (at: PoolCheck, props: PoolProps): void => {
  checkName(at, props)
  checkBounds(at, props)
  checkSpot(at, props)
  checkSystem(at, props)
  checkSize(at, props)
  checkLabels(at, props)
}

/** create-node-pools: Linux 1 to 12, Windows 1 to 6 of a-z0-9, a letter first. */
const checkName = ({ state, name }: PoolCheck, { osType }: PoolProps): void => {
  const fits = osType === 'Windows' ? /^[a-z][a-z0-9]{0,5}$/ : /^[a-z][a-z0-9]{0,11}$/
  if (state.rules.holds('names') && !fits.test(name))
    throw invalid(`The value of parameter agentPoolProfile.name is invalid: '${name}'.`)
}

/** quotas-skus-regions and the type of count: 0 to 1000, system pools from 1; azurerm validates min and max alike. */
const checkBounds = ({ state, name }: PoolCheck, props: PoolProps): void => {
  if (!state.rules.holds('countBounds')) return
  const { minCount = null, maxCount = null } = props
  const low = props.mode === 'System' ? 1 : 0
  if (props.enableAutoScaling !== true) {
    if (minCount !== null || maxCount !== null)
      throw invalid(`Cannot set agentPoolProfile.minCount or maxCount of ${name} when enableAutoScaling is not true.`)
    const count = props.count ?? 1
    if (count < low || count > 1000) throw invalid(`agentPoolProfile.count was ${count}. It must be in [${low}, 1000].`)
    return
  }
  if (minCount === null || maxCount === null)
    throw invalid(`minCount and maxCount of ${name} must be set when enableAutoScaling is true.`)
  if (minCount < low || maxCount > 1000 || minCount > maxCount)
    throw invalid(`minCount ${minCount} and maxCount ${maxCount} of ${name} must hold ${low} <= min <= max <= 1000.`)
}

/** The body observed in Azure/AKS#1627 (count-out-of-range of the error set). */
export const checkFirstCount = ({ state }: PoolCheck, { count, minCount, maxCount, ...props }: PoolProps): void => {
  if (!state.rules.holds('countAtCreate') || props.enableAutoScaling !== true || count === undefined) return
  if (count >= (minCount ?? 0) && count <= (maxCount ?? 1000)) return
  throw invalid(
    `agentPoolProfile.count was ${count}. It must be greater or equal to minCount:${minCount} and less than or equal to maxCount:${maxCount}`,
  )
}

/** spot-node-pool; azurerm's checks of Spot against surge, eviction and price. */
const checkSpot = ({ state, name }: PoolCheck, props: PoolProps): void => {
  if (!state.rules.holds('spotFields')) return
  const { spotMaxPrice, scaleSetEvictionPolicy, upgradeSettings } = props
  if (props.scaleSetPriority !== 'Spot') {
    if (scaleSetEvictionPolicy !== undefined || (spotMaxPrice !== undefined && spotMaxPrice !== -1))
      throw invalid(`scaleSetEvictionPolicy and spotMaxPrice of ${name} can be set only when scaleSetPriority is Spot.`)
    return
  }
  if (upgradeSettings?.maxSurge !== undefined) throw invalid(`maxSurge can not be set for Spot node pool ${name}.`)
  if (spotMaxPrice === undefined || spotMaxPrice === -1) return
  if (spotMaxPrice <= 0 || !/^\d+(?:\.\d{1,5})?$/.test(String(spotMaxPrice)))
    throw invalid(`spotMaxPrice of ${name} must be -1 or a price above zero with up to five decimals.`)
}

/** use-system-pools: Linux, no Spot, at least 2 vCPU and 4 GB, no B-series. */
const checkSystem = ({ state, sizes, name }: PoolCheck, props: PoolProps): void => {
  if (!state.rules.holds('systemPoolKind') || props.mode !== 'System') return
  if (props.osType === 'Windows') throw invalid(`System pool ${name} must be of osType Linux.`)
  if (props.scaleSetPriority === 'Spot') throw invalid(`System pool ${name} can not use Spot machines.`)
  const vmSize = props.vmSize ?? ''
  const size = sizes.get(vmSize.toLowerCase())
  if (bursts(vmSize) || (size !== undefined && (size.vcpus < 2 || size.memoryGb < 4)))
    throw fault(400, [
      'SystemPoolSkuTooLow',
      `The system node pool must use VM sku with more than 2 cores and 4GB memory. '${vmSize}' of ${name} does not.`,
    ])
}

/** Bodies of the error set: vm-size-not-supported, AvailabilityZoneNotSupported. */
const checkSize = (at: PoolCheck, props: PoolProps): void => {
  const { state, location, sizes } = at
  for (const vmSize of sizesOf(props)) {
    const size = sizes.get(vmSize.toLowerCase())
    if (state.rules.holds('sizeServed') && (size === undefined || !isSold(size, location))) {
      const words = `Virtual Machine size: '${vmSize}' is not supported for subscription ${state.subscription} in location '${location}'.`
      throw fault(400, ['VMSizeNotSupported', words])
    }
    checkZones(at, props, size)
    // gpu-multi-instance: profiles exist on A100, H100 and H200 only.
    if (props.gpuInstanceProfile !== undefined && state.rules.holds('migSizes') && !cuts(vmSize))
      throw invalid(`GPUInstanceProfile is not supported for VM size ${vmSize}.`)
  }
}

/** A pool of single machines names its sizes in its own profile. */
const sizesOf = ({ type, vmSize, virtualMachinesProfile }: PoolProps): readonly string[] => {
  if (type !== 'VirtualMachines') return [vmSize ?? '']
  const { autoscale = [], manual = [] } = virtualMachinesProfile?.scale ?? {}
  return [...autoscale, ...manual].map(({ size = '' }) => size)
}

const checkZones = ({ state, name, location }: PoolCheck, props: PoolProps, size: Size | undefined): void => {
  const missing = (props.availabilityZones ?? []).filter((zone) => size?.zones.includes(zone) === false)
  if (missing.length === 0 || !state.rules.holds('zoneServed')) return
  const words = `The zone(s) '${missing.join(',')}' for resource '${name}' is not supported. The supported zones for location '${location}' are '${size?.zones.join(',')}'`
  throw fault(400, ['AvailabilityZoneNotSupported', words])
}

const isSold = ({ regions }: Size, location: string): boolean => regions === null || regions.includes(location)

/** use-labels: both prefixes are reserved. */
const checkLabels = ({ state, name }: PoolCheck, { nodeLabels }: PoolProps): void => {
  if (!state.rules.holds('ownLabels')) return
  const reserved = Object.keys(nodeLabels ?? {}).filter(
    (key) => /(?:^|\.)kubernetes\.(?:azure\.com|io)\//.test(key) && key !== SPOT_LABEL,
  )
  if (reserved.length > 0) throw invalid(`The label(s) ${reserved.join(', ')} of ${name} have a reserved prefix.`)
}

export const SPOT_LABEL = 'kubernetes.azure.com/scalesetpriority'
export const SPOT_TAINT = `${SPOT_LABEL}=spot:NoSchedule`

/** Fixed after creation (aks.md section 2); the code is that of AKS. */
const FIXED = [
  ...['vmSize', 'osType', 'type', 'osDiskSizeGB', 'osDiskType', 'kubeletDiskType', 'maxPods', 'availabilityZones'],
  ...['vnetSubnetID', 'podSubnetID', 'scaleSetPriority', 'scaleSetEvictionPolicy', 'spotMaxPrice'],
  ...['gpuInstanceProfile', 'gpuProfile', 'kubeletConfig', 'linuxOSConfig', 'enableNodePublicIP'],
  ...['proximityPlacementGroupID', 'enableEncryptionAtHost', 'enableUltraSSD'],
]

export const checkFixed = (state: AzureState, old: PoolProps, given: PoolProps): void => {
  if (!state.rules.holds('immutable')) return
  const changed = FIXED.find((field) => given[field] !== undefined && !isSame(old[field], given[field]))
  if (changed === undefined) return
  throw fault(400, ['PropertyChangeNotAllowed', `Changing property 'properties.${changed}' is not allowed.`])
}

export const isSame = (a: unknown, b: unknown): boolean => text(a) === text(b)

const text = (value: unknown): string => {
  if (value === undefined || value === null) return ''
  if (typeof value === 'string') return value.toLowerCase()
  if (Array.isArray(value)) return `[${value.map(text).join()}]`
  if (typeof value !== 'object') return String(value)
  const members = Object.entries(value).sort(([a], [b]) => a.localeCompare(b))
  return `{${members.map(([key, each]) => `${key}:${text(each)}`).join()}}`
}
