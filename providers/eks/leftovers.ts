// What AWS keeps, and may go on charging for, after everything of ours is gone: our network by its tags, and what controllers
// inside the cluster have made under its name. Reported with ids, never removed.
import type { Volume } from '@aws-sdk/client-ec2'
import type { Fleet } from '../../core/model/fleet.ts'
import { ownerOf } from '../../core/model/infra-owner.ts'
import type { Leftover } from '../../core/ports.ts'
import type { EksTarget } from './clusters.ts'
import { type Ec2, findNetwork, openEc2 } from './infra/network-read.ts'
import { isOfCluster } from './infra/network-remove.ts'
import { eksSettings } from './settings.ts'

const HOURS_A_MONTH = 730

interface Prices {
  readonly natHour: number
  readonly addressHour: number
  readonly balancerHour: number
  readonly gp3GibMonth: number
}

const US: Prices = { natHour: 0.045, addressHour: 0.005, balancerHour: 0.0225, gp3GibMonth: 0.08 }

/** USD by AWS's public price pages, without traffic; never held against a bill. Other regions: no price is told. */
const PRICES: Readonly<Record<string, Prices>> = {
  'us-east-1': US,
  'us-west-2': US,
  'eu-west-1': { natHour: 0.048, addressHour: 0.005, balancerHour: 0.0252, gp3GibMonth: 0.088 },
}

const pricesOf = (eks: EksTarget): Prices | null => PRICES[eksSettings(eks.target).region] ?? null

/** What may not be read is left out: the report must not fail the command that it closes. */
export const eksLeftovers = async (eks: EksTarget, fleet: Fleet, signal: AbortSignal): Promise<readonly Leftover[]> => {
  await eks.account(signal)
  const ec2 = await openEc2(eks)
  const cluster = eksSettings(eks.target).cluster
  const all = await Promise.all([
    network(eks, fleet, signal).catch(unread(signal)),
    interfaces(ec2, cluster, signal).catch(unread(signal)),
    volumes(ec2, { cluster, prices: pricesOf(eks) }, signal).catch(unread(signal)),
    balancers(eks, cluster, signal).catch(unread(signal)),
  ])
  return all.flat()
}

const unread = (signal: AbortSignal) => (): readonly Leftover[] => {
  signal.throwIfAborted()
  return []
}

const monthly = (usdPerHour: number | undefined): number | null =>
  usdPerHour === undefined ? null : usdPerHour * HOURS_A_MONTH

const networkPrice = (kind: string, prices: Prices | null): number | null => {
  if (kind === 'NatGateway') return monthly(prices?.natHour)
  return kind === 'Address' ? monthly(prices?.addressHour) : 0
}

const network = async (eks: EksTarget, fleet: Fleet, signal: AbortSignal): Promise<readonly Leftover[]> =>
  fleet.name === null
    ? []
    : (await findNetwork(eks, ownerOf(fleet, eks.target), signal)).map(({ kind, id }) => ({
        kind,
        id,
        usdPerMonth: networkPrice(kind, pricesOf(eks)),
      }))

const interfaces = async (
  { sdk, client }: Ec2,
  cluster: string,
  abortSignal: AbortSignal,
): Promise<readonly Leftover[]> => {
  const asked = { Filters: [{ Name: 'description', Values: [`Amazon EKS ${cluster}`, 'aws-K8S-*'] }] }
  const { NetworkInterfaces = [] } = await client.send(new sdk.DescribeNetworkInterfacesCommand(asked), { abortSignal })
  return NetworkInterfaces.filter(
    // The plugin's own name no cluster: its tag does.
    ({ Description = '', TagSet = [] }) =>
      Description.startsWith('aws-K8S-')
        ? TagSet.some(({ Key, Value }) => Key === 'cluster.k8s.amazonaws.com/name' && Value === cluster)
        : isOfCluster(Description, cluster),
  ).map((each) => ({ kind: 'NetworkInterface', id: each.NetworkInterfaceId ?? '', usdPerMonth: 0 }))
}

/** As the storage driver and Auto Mode tag what they make for claims. */
const volumes = async (
  { sdk, client }: Ec2,
  { cluster, prices }: { readonly cluster: string; readonly prices: Prices | null },
  abortSignal: AbortSignal,
): Promise<readonly Leftover[]> => {
  const tags = [`tag:kubernetes.io/cluster/${cluster}`, 'tag:eks:eks-cluster-name', 'tag:KubernetesCluster']
  const asked = tags.map((Name, i) => [{ Name, Values: i === 0 ? ['owned'] : [cluster] }])
  const answers = await Promise.all(
    asked.map((Filters) => client.send(new sdk.DescribeVolumesCommand({ Filters }), { abortSignal })),
  )
  const byId = new Map(answers.flatMap(({ Volumes = [] }) => Volumes.map((volume) => [volume.VolumeId ?? '', volume])))
  return [...byId].map(([id, volume]) => ({ kind: 'Volume', id, usdPerMonth: volumePrice(volume, prices) }))
}

const volumePrice = ({ VolumeType, Size }: Volume, prices: Prices | null): number | null =>
  VolumeType === 'gp3' && Size !== undefined && prices !== null ? Size * prices.gp3GibMonth : null

const TAGS_AT_ONCE = 20

const balancers = async (eks: EksTarget, cluster: string, abortSignal: AbortSignal): Promise<readonly Leftover[]> => {
  const sdk = await import('@aws-sdk/client-elastic-load-balancing-v2')
  const client = await eks.clients.balancers()
  const arns: string[] = []
  for (let Marker: string | undefined; ; ) {
    const page = await client.send(new sdk.DescribeLoadBalancersCommand({ Marker }), { abortSignal })
    arns.push(...(page.LoadBalancers ?? []).map((each) => each.LoadBalancerArn ?? ''))
    Marker = page.NextMarker
    if (Marker === undefined || Marker === '') break
  }
  const found: Leftover[] = []
  for (let from = 0; from < arns.length; from += TAGS_AT_ONCE) {
    const ResourceArns = arns.slice(from, from + TAGS_AT_ONCE)
    const { TagDescriptions = [] } = await client.send(new sdk.DescribeTagsCommand({ ResourceArns }), { abortSignal })
    const ours = TagDescriptions.filter(({ Tags = [] }) => Tags.some((tag) => namesCluster(tag, cluster)))
    for (const { ResourceArn = '' } of ours)
      found.push({ kind: 'LoadBalancer', id: ResourceArn, usdPerMonth: monthly(pricesOf(eks)?.balancerHour) })
  }
  return found
}

const namesCluster = ({ Key, Value }: { Key?: string | undefined; Value?: string | undefined }, cluster: string) =>
  ((Key === 'elbv2.k8s.aws/cluster' || Key === 'eks:eks-cluster-name') && Value === cluster) ||
  (Key === `kubernetes.io/cluster/${cluster}` && Value === 'owned')
