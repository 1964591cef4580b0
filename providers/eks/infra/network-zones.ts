// Zones in which EKS puts control planes, in the order of their names.
import { StormportError } from '../../../core/errors.ts'
import type { Ec2 } from './network-read.ts'

/** EKS user guide, "Subnet requirements for clusters": zones that take none. */
const WITHOUT_CLUSTERS = new Set(['use1-az3', 'usw1-az2', 'cac1-az3'])

/** @throws StormportError 'InsufficientCapacity' where the account sees fewer than two. */
export const clusterZones = async (ec2: Ec2, target: string, signal: AbortSignal): Promise<readonly string[]> => {
  const { sdk, client } = ec2
  const answer = await client.send(new sdk.DescribeAvailabilityZonesCommand({}), { abortSignal: signal })
  const zones = (answer.AvailabilityZones ?? [])
    .filter((zone) => zone.State === 'available' && (zone.ZoneType ?? 'availability-zone') === 'availability-zone')
    .filter((zone) => !WITHOUT_CLUSTERS.has(zone.ZoneId ?? ''))
    .map((zone) => zone.ZoneName ?? '')
    .sort()
  if (zones.length >= 2) return zones
  throw new StormportError('InsufficientCapacity', `the region has ${zones.length} zone for clusters, two are needed`, {
    diagnostic: 'SP4402',
    source: 'target',
    target,
    hint: 'choose another region:, or name subnets with create.network.use',
  })
}
