// A cluster that is gone leaves its interfaces in our subnets for some minutes, and nothing under them can be deleted. Until
// they are loose the cluster counts as on its way out, in this run and in one that goes on after it.
import type { ObservedObject } from '../../../core/model/replica.ts'
import type { EksTarget } from '../clusters.ts'
import { awsError } from '../errors.ts'
import { eksSettings } from '../settings.ts'
import { type Found, openEc2 } from './network-read.ts'
import { isOfCluster } from './network-remove.ts'
import { clusterId, STAGES } from './objects.ts'

export const lingering = async (
  eks: EksTarget,
  network: readonly Found[],
  signal: AbortSignal,
): Promise<readonly ObservedObject[]> => {
  const vpcs = network.filter((each) => each.kind === 'Vpc').map((each) => each.id)
  if (vpcs.length === 0) return []
  const settings = eksSettings(eks.target)
  const held = await interfacesIn(eks, vpcs, signal)
  const used = held.filter((each) => each.Status === 'in-use' && isOfCluster(each.Description ?? '', settings.cluster))
  if (used.length === 0) return []
  const ids = used.map((each) => each.NetworkInterfaceId ?? '').sort()
  return [
    {
      ...{ id: clusterId(settings), uid: settings.cluster, kind: 'Cluster', name: settings.cluster },
      ...{ scope: 'target', guard: 'container', stage: STAGES.cluster, owner: 'ours', drift: [] },
      readiness: {
        state: 'progressing',
        message: `gone; its network interfaces ${ids.join(', ')} are still in use`,
        retriable: true,
      },
    },
  ]
}

const interfacesIn = async (eks: EksTarget, vpcs: readonly string[], signal: AbortSignal) => {
  const { sdk, client } = await openEc2(eks)
  const asked = { Filters: [{ Name: 'vpc-id', Values: [...vpcs] }] }
  try {
    const seen = await client.send(new sdk.DescribeNetworkInterfacesCommand(asked), { abortSignal: signal })
    return seen.NetworkInterfaces ?? []
  } catch (error) {
    throw awsError(error, `look at the interfaces of ${vpcs.join(', ')}`, eks.target.name)
  }
}
