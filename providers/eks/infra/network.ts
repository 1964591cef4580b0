// Makes and takes away the network of a created cluster. EC2 takes no token for most of it: each thing is looked for by its
// tags first and gets them in the call that makes it; its hash comes last, so that a run that was cut off goes on here.
import { StormportError } from '../../../core/errors.ts'
import { awsError } from '../errors.ts'
import { text } from './apply-cluster.ts'
import type { GatewayBody, NatBody, RouteTableBody, SubnetBody, VpcBody } from './bodies.ts'
import { HASH_TAG } from './names.ts'
import { type Making, tagged } from './network-making.ts'
import { type Ec2, findKind, type NetworkKind, openEc2 } from './network-read.ts'
import { makeTable } from './network-routes.ts'
import { clusterZones } from './network-zones.ts'
import type { Applied, Step } from './step.ts'

export const applyNetwork = async (kind: NetworkKind, step: Step<unknown>): Promise<Applied> => {
  const { eks, owner, name, signal } = step
  const standing = (await findKind(eks, { kind, owner }, signal)).filter((each) => each.name === name)
  const live = standing.find((each) => each.readiness.state !== 'failed') ?? null
  if (live !== null && live.hash === step.hash) return { changed: false, outputs: { id: live.id } }
  const ec2 = await openEc2(eks)
  const once = await eks.clients.ec2Once()
  try {
    const id = await make(kind, { ...ec2, once, step, live })
    if (id === '') throw new StormportError('Internal', `EC2 gave no id for ${kind} ${name}`)
    // Those that never worked only hold the name.
    for (const each of standing.filter((other) => other.readiness.state === 'failed'))
      await ec2.client.send(new ec2.sdk.DeleteNatGatewayCommand({ NatGatewayId: each.id }), { abortSignal: signal })
    const tag = { Resources: [id], Tags: [{ Key: HASH_TAG, Value: step.hash }] }
    await ec2.client.send(new ec2.sdk.CreateTagsCommand(tag), { abortSignal: signal })
    return { changed: true, outputs: { id } }
  } catch (error) {
    throw awsError(error, `create ${kind} ${name}`, eks.target.name)
  }
}

const make = (kind: NetworkKind, making: Making<unknown>): Promise<string> => {
  switch (kind) {
    case 'Vpc':
      return makeVpc(making as Making<VpcBody>)
    case 'Address':
      return makeAddress(making)
    case 'InternetGateway':
      return makeGateway(making as Making<GatewayBody>)
    case 'Subnet':
      return makeSubnet(making as Making<SubnetBody>)
    case 'NatGateway':
      return makeNat(making as Making<NatBody>)
    case 'RouteTable':
      return makeTable(making as Making<RouteTableBody>)
  }
}

const makeVpc = async ({ sdk, client, once, step, live }: Making<VpcBody>): Promise<string> => {
  const abort = { abortSignal: step.signal }
  const CidrBlock = step.body.cidr
  if (live !== null) await refuseOther({ sdk, client }, live.id, step)
  const create = { CidrBlock, TagSpecifications: tagged(step, 'vpc') }
  const VpcId = live?.id ?? (await once.send(new sdk.CreateVpcCommand(create), abort)).Vpc?.VpcId
  // Private endpoints of a cluster resolve only with both.
  for (const attribute of [{ EnableDnsSupport: { Value: true } }, { EnableDnsHostnames: { Value: true } }])
    await client.send(new sdk.ModifyVpcAttributeCommand({ VpcId, ...attribute }), abort)
  return VpcId ?? ''
}

const refuseOther = async ({ sdk, client }: Ec2, id: string, step: Step<VpcBody>): Promise<void> => {
  const { Vpcs } = await client.send(new sdk.DescribeVpcsCommand({ VpcIds: [id] }), { abortSignal: step.signal })
  if (Vpcs?.every((vpc) => vpc.VpcId !== id || vpc.CidrBlock === step.body.cidr)) return
  throw new StormportError('InvalidSpec', `create.network.cidr of ${step.name} cannot be changed once it stands`, {
    diagnostic: 'SP4407',
    source: 'user',
    target: step.eks.target.name,
    hint: 'write it as it was, or make another target and move there',
  })
}

const makeAddress = async ({ sdk, once, step, live }: Making<unknown>): Promise<string> => {
  const create = { Domain: 'vpc' as const, TagSpecifications: tagged(step, 'elastic-ip') }
  if (live !== null) return live.id
  return (await once.send(new sdk.AllocateAddressCommand(create), { abortSignal: step.signal })).AllocationId ?? ''
}

const makeGateway = async ({ sdk, client, once, step, live }: Making<GatewayBody>): Promise<string> => {
  const abort = { abortSignal: step.signal }
  const create = { TagSpecifications: tagged(step, 'internet-gateway') }
  const id =
    live?.id ??
    (await once.send(new sdk.CreateInternetGatewayCommand(create), abort)).InternetGateway?.InternetGatewayId ??
    ''
  const VpcId = text(step.body.vpc)
  const of = { Filters: [{ Name: 'attachment.vpc-id', Values: [VpcId] }] }
  const attached = await client.send(new sdk.DescribeInternetGatewaysCommand(of), abort)
  if (!attached.InternetGateways?.some((each) => each.InternetGatewayId === id))
    await client.send(new sdk.AttachInternetGatewayCommand({ InternetGatewayId: id, VpcId }), abort)
  return id
}

const makeSubnet = async ({ sdk, client, once, step, live }: Making<SubnetBody>): Promise<string> => {
  const { vpc, cidr, zone, kind } = step.body
  const abort = { abortSignal: step.signal }
  const role = kind === 'public' ? 'kubernetes.io/role/elb' : 'kubernetes.io/role/internal-elb'
  const id = live?.id ?? (await createSubnet())
  if (kind === 'public')
    await client.send(
      new sdk.ModifySubnetAttributeCommand({ SubnetId: id, MapPublicIpOnLaunch: { Value: true } }),
      abort,
    )
  return id
  async function createSubnet(): Promise<string> {
    const zones = await clusterZones({ sdk, client }, step.eks.target.name, step.signal)
    const create = {
      ...{ VpcId: text(vpc), CidrBlock: cidr, AvailabilityZone: zones[zone % zones.length] },
      TagSpecifications: tagged(step, 'subnet', { [role]: '1' }),
    }
    return (await once.send(new sdk.CreateSubnetCommand(create), abort)).Subnet?.SubnetId ?? ''
  }
}

const makeNat = async ({ sdk, client, step, live }: Making<NatBody>): Promise<string> => {
  if (live !== null) return live.id
  const of = { owner: step.owner, kind: 'NatGateway' as const }
  const failed = (await findKind(step.eks, of, step.signal)).map((each) => each.id)
  const create = {
    ...{ SubnetId: text(step.body.subnet), AllocationId: text(step.body.address) },
    // The token of one that failed would bring that one again.
    ClientToken: [step.token.slice(0, 40), ...failed].join('-').slice(0, 64),
    TagSpecifications: tagged(step, 'natgateway'),
  }
  const made = await client.send(new sdk.CreateNatGatewayCommand(create), { abortSignal: step.signal })
  return made.NatGateway?.NatGatewayId ?? ''
}
