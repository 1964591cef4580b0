// The rules of the stand-in's EC2, each asked for by the real client, and each missed when it is switched off.
import * as sdk from '@aws-sdk/client-ec2'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type FakeAws, startFakeAws, TEST_KEY } from '../index.ts'
import type { Rule } from '../rules.ts'

let aws: FakeAws
let ec2: sdk.EC2Client

beforeEach(async () => {
  aws = await startFakeAws()
  ec2 = new sdk.EC2Client({ endpoint: aws.url, region: 'eu-west-1', credentials: TEST_KEY, maxAttempts: 1 })
})
afterEach(async () => {
  expect(aws.defects).toEqual([])
  ec2.destroy()
  await aws.close()
})

const makeVpc = async () => (await ec2.send(new sdk.CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))).Vpc?.VpcId ?? ''
const makeSubnet = async (VpcId: string, CidrBlock = '10.0.0.0/24') =>
  (await ec2.send(new sdk.CreateSubnetCommand({ VpcId, CidrBlock }))).Subnet?.SubnetId ?? ''
const makeGateway = async (VpcId: string) => {
  const { InternetGateway } = await ec2.send(new sdk.CreateInternetGatewayCommand({}))
  const InternetGatewayId = InternetGateway?.InternetGatewayId ?? ''
  await ec2.send(new sdk.AttachInternetGatewayCommand({ InternetGatewayId, VpcId }))
  return InternetGatewayId
}
const makeNat = async (SubnetId: string) => {
  const { AllocationId } = await ec2.send(new sdk.AllocateAddressCommand({ Domain: 'vpc' }))
  const { NatGateway } = await ec2.send(new sdk.CreateNatGatewayCommand({ SubnetId, AllocationId }))
  return { AllocationId, NatGateway }
}
const makeTable = async (VpcId: string) =>
  (await ec2.send(new sdk.CreateRouteTableCommand({ VpcId }))).RouteTable?.RouteTableId ?? ''

/** What breaks each rule; with the rule switched off the same call goes through. */
const breaches: Readonly<Partial<Record<Rule, () => Promise<unknown>>>> = {
  vpcNotEmpty: async () => {
    const VpcId = await makeVpc()
    await makeSubnet(VpcId)
    return ec2.send(new sdk.DeleteVpcCommand({ VpcId }))
  },
  subnetNotEmpty: async () => {
    const VpcId = await makeVpc()
    const SubnetId = await makeSubnet(VpcId)
    await makeGateway(VpcId)
    await makeNat(SubnetId)
    return ec2.send(new sdk.DeleteSubnetCommand({ SubnetId }))
  },
  subnetRange: async () => {
    const VpcId = await makeVpc()
    await makeSubnet(VpcId)
    return makeSubnet(VpcId, '10.0.0.128/25')
  },
  gatewayAttached: async () => {
    const InternetGatewayId = await makeGateway(await makeVpc())
    return ec2.send(new sdk.DeleteInternetGatewayCommand({ InternetGatewayId }))
  },
  gatewayMapped: async () => {
    const VpcId = await makeVpc()
    const InternetGatewayId = await makeGateway(VpcId)
    await makeNat(await makeSubnet(VpcId))
    return ec2.send(new sdk.DetachInternetGatewayCommand({ InternetGatewayId, VpcId }))
  },
  natNeedsGateway: async () => {
    const { NatGateway } = await makeNat(await makeSubnet(await makeVpc()))
    if (NatGateway?.State === 'failed') throw Object.assign(new Error('failed'), { name: 'failed' })
  },
  addressInUse: async () => {
    const VpcId = await makeVpc()
    await makeGateway(VpcId)
    const { AllocationId } = await makeNat(await makeSubnet(VpcId))
    return ec2.send(new sdk.ReleaseAddressCommand({ AllocationId }))
  },
  tableAssociated: async () => {
    const VpcId = await makeVpc()
    const RouteTableId = await makeTable(VpcId)
    await ec2.send(new sdk.AssociateRouteTableCommand({ RouteTableId, SubnetId: await makeSubnet(VpcId) }))
    return ec2.send(new sdk.DeleteRouteTableCommand({ RouteTableId }))
  },
  routeTaken: async () => {
    const VpcId = await makeVpc()
    const GatewayId = await makeGateway(VpcId)
    const route = { RouteTableId: await makeTable(VpcId), DestinationCidrBlock: '0.0.0.0/0', GatewayId }
    await ec2.send(new sdk.CreateRouteCommand(route))
    return ec2.send(new sdk.CreateRouteCommand(route))
  },
  groupInUse: async () => {
    const made = await ec2.send(
      new sdk.CreateSecurityGroupCommand({ GroupName: 'g', Description: 'd', VpcId: await makeVpc() }),
    )
    aws.state.ec2.interfaces.set('eni-1', {
      value: { NetworkInterfaceId: 'eni-1', Status: 'available', Groups: [{ GroupId: made.GroupId }] },
      ...{ tags: new Map(), madeAtMs: 0, cluster: null, orphanedAtMs: null },
    })
    return ec2.send(new sdk.DeleteSecurityGroupCommand({ GroupId: made.GroupId }))
  },
  interfacesLinger: async () => {
    aws.state.ec2.interfaces.set('eni-1', {
      value: { NetworkInterfaceId: 'eni-1', Status: 'in-use' },
      ...{ tags: new Map(), madeAtMs: 0, cluster: 'gone', orphanedAtMs: null },
    })
    const { NetworkInterfaces } = await ec2.send(new sdk.DescribeNetworkInterfacesCommand({}))
    if (NetworkInterfaces?.length !== 0) throw Object.assign(new Error('there'), { name: 'lingers' })
  },
}

const REFUSALS: Readonly<Partial<Record<Rule, string>>> = {
  subnetRange: 'InvalidSubnet.Conflict',
  natNeedsGateway: 'failed',
  addressInUse: 'InvalidIPAddress.InUse',
  routeTaken: 'RouteAlreadyExists',
  interfacesLinger: 'lingers',
}

describe("rules of the stand-in's EC2", () => {
  it.each(Object.entries(breaches))('%s holds, and is missed when it is switched off', async (rule, breach) => {
    const refusal = Object.entries(REFUSALS).find(([name]) => name === rule)?.[1] ?? 'DependencyViolation'
    await expect(breach()).rejects.toMatchObject({ name: refusal })
    for (const all of Object.values(aws.state.ec2)) if (all instanceof Map) all.clear()
    aws.rules.switchOff(rule as Rule)
    await breach()
  })

  it('NAT gateways take two minutes to come, one to go, and are told of for an hour after', async () => {
    const VpcId = await makeVpc()
    await makeGateway(VpcId)
    const { NatGateway, AllocationId } = await makeNat(await makeSubnet(VpcId))
    const NatGatewayId = NatGateway?.NatGatewayId
    const states = async () =>
      (await ec2.send(new sdk.DescribeNatGatewaysCommand({}))).NatGateways?.map((each) => each.State)
    expect(await states()).toEqual(['pending'])
    aws.clock.advance(120_000)
    expect(await states()).toEqual(['available'])
    await ec2.send(new sdk.DeleteNatGatewayCommand({ NatGatewayId }))
    expect(await states()).toEqual(['deleting'])
    aws.clock.advance(60_000)
    expect(await states()).toEqual(['deleted'])
    await ec2.send(new sdk.ReleaseAddressCommand({ AllocationId }))
    aws.clock.advance(3_600_000)
    expect(await states()).toEqual([])
  })

  it('filters by tags and refuses a filter that it does not know', async () => {
    const [one, other] = [await makeVpc(), await makeVpc()]
    await ec2.send(new sdk.CreateTagsCommand({ Resources: [one], Tags: [{ Key: 'k', Value: 'v' }] }))
    const by = async (Name: string, value: string) =>
      (await ec2.send(new sdk.DescribeVpcsCommand({ Filters: [{ Name, Values: [value] }] }))).Vpcs?.map((v) => v.VpcId)
    expect(await by('tag:k', 'v')).toEqual([one])
    expect(await by('vpc-id', other)).toEqual([other])
    await expect(by('no-such', 'x')).rejects.toMatchObject({ name: 'InvalidParameterValue' })
  })
})
