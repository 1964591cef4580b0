// The network of a created EKS cluster by the engine, the adapter and the real SDK clients against the AWS stand-in. Never run on AWS.
import { afterEach, describe, expect, it } from 'vitest'
import { createEksStand, type EksStand, eksTarget } from '../../clouds/stand.ts'
import type { FakeAwsOptions } from '../../fakes/aws/index.ts'

const never = new AbortController().signal
const stands: EksStand[] = []
const stand = async (options?: FakeAwsOptions): Promise<EksStand> => {
  const made = await createEksStand(options)
  stands.push(made)
  return made
}
afterEach(async () => {
  for (const each of stands.splice(0)) {
    expect(each.aws.defects).toEqual([])
    await each.close()
  }
})

const created = (over: object = {}) => eksTarget({ create: { version: '1.36', nodes: 'auto', ...over } })
const ec2 = (s: EksStand) => s.aws.state.ec2
const values = <T>(all: ReadonlyMap<string, { readonly value: T }>): T[] => [...all.values()].map((each) => each.value)
const network = (s: EksStand) => {
  const { vpcs, subnets, gateways, nats, addresses, tables } = ec2(s)
  const live = [...nats.values()].filter((nat) => nat.value.State !== 'deleted')
  return [vpcs.size, subnets.size, gateways.size, live.length, addresses.size, tables.size]
}
const WHOLE = [1, 6, 1, 1, 1, 2]
const NOTHING = [0, 0, 0, 0, 0, 0]

describe('a created network', () => {
  it('is a VPC with DNS names, public and private subnets over three zones, one way out for each, all of it tagged', async () => {
    const s = await stand()
    expect((await s.up(created({ network: { cidr: '10.8.0.0/16' } }))).kind).toBe('ready')
    expect(network(s)).toEqual(WHOLE)
    const [vpc] = ec2(s).vpcs.values()
    expect(vpc).toMatchObject({ value: { CidrBlock: '10.8.0.0/16' }, dnsHostnames: true, dnsSupport: true })
    const subnets = [...ec2(s).subnets.values()]
    const by = (role: string) => subnets.filter((each) => each.tags.get(`kubernetes.io/role/${role}`) === '1')
    expect(
      by('internal-elb')
        .map(({ value }) => [value.CidrBlock, value.AvailabilityZone])
        .sort(),
    ).toEqual([
      ['10.8.0.0/19', 'eu-west-1a'],
      ['10.8.32.0/19', 'eu-west-1b'],
      ['10.8.64.0/19', 'eu-west-1c'],
    ])
    expect(by('elb')).toHaveLength(3)
    expect(by('elb').every(({ value }) => value.MapPublicIpOnLaunch)).toBe(true)
    const { vpcs, gateways, nats, addresses, tables } = ec2(s)
    for (const each of [vpcs, ec2(s).subnets, gateways, nats, addresses, tables].flatMap((all) => [...all.values()]))
      expect(Object.fromEntries(each.tags)).toMatchObject({
        'stormport.dev/fleet': 'acme',
        'stormport.dev/target': 'aws',
        'stormport.dev/hash': expect.stringMatching(/./),
      })
    const ways = values(tables).map((t) => [
      t.Routes?.[0]?.GatewayId ?? t.Routes?.[0]?.NatGatewayId,
      t.Associations?.length,
    ])
    expect(ways.sort()).toEqual([
      [[...gateways.keys()][0], 3],
      [[...nats.keys()][0], 3],
    ])
  })

  it('gives the cluster its private subnets, and the groups too', async () => {
    const s = await stand()
    const target = eksTarget(
      { create: { version: '1.36', nodes: 'managed' } },
      { p: { instances: ['m7i.xlarge'], min: 1, max: 2 } },
    )
    expect((await s.up(target)).kind).toBe('ready')
    const inside = [...ec2(s).subnets.values()]
      .filter((each) => each.tags.has('kubernetes.io/role/internal-elb'))
      .map((each) => each.value.SubnetId)
      .sort()
    const cluster = s.aws.state.clusters.get('shop-prod')
    expect([...(cluster?.value.resourcesVpcConfig?.subnetIds ?? [])].sort()).toEqual(inside)
    const [group] = cluster?.groups.values() ?? []
    expect([...(group?.value.subnets ?? [])].sort()).toEqual(inside)
    s.writes()
    expect((await s.up(target)).kind).toBe('ready')
    expect(s.writes()).toEqual([])
  })

  it('leaves out zones that take no clusters, and local zones', async () => {
    const s = await stand({ region: 'us-east-1' })
    ec2(s).zones.push({ name: 'us-east-1-bos-1a', id: 'use1-bos1-az1', optIn: true })
    const target = eksTarget({ region: 'us-east-1', create: { version: '1.36', nodes: 'auto' } })
    expect((await s.up(target)).kind).toBe('ready')
    const zones = new Set(values(ec2(s).subnets).map((subnet) => subnet.AvailabilityZone))
    expect([...zones].sort()).toEqual(['us-east-1a', 'us-east-1b'])
  })

  it('refuses another range once it stands, and a range that no VPC can have', async () => {
    const s = await stand()
    await s.up(created())
    await expect(s.up(created({ network: { cidr: '10.9.0.0/16' } }))).rejects.toMatchObject({ code: 'InvalidSpec' })
    expect(network(s)).toEqual(WHOLE)
    await expect(s.look(created({ network: { cidr: '10.9.0.0/28' } }))).rejects.toMatchObject({ code: 'BadInput' })
  })

  it('makes a NAT gateway anew when the first one failed', async () => {
    const s = await stand()
    await s.up(created())
    const [id = '', nat] = [...ec2(s).nats][0] ?? []
    if (nat !== undefined) ec2(s).nats.set(id, { ...nat, value: { ...nat.value, State: 'failed' } })
    const settled = await s.up(created())
    expect(settled.kind).toBe('ready')
    const live = values(ec2(s).nats).filter((each) => each.State === 'available')
    expect(live).toHaveLength(1)
    expect(live[0]?.NatGatewayId).not.toBe(id)
  })
})

const MAKERS = [
  'CreateVpc',
  'CreateSubnet',
  'CreateInternetGateway',
  'AllocateAddress',
  'CreateNatGateway',
  'CreateRouteTable',
]

describe('lost answers and crashes', () => {
  it.each(MAKERS)('an answer of %s that is lost makes nothing twice', async (operation) => {
    const s = await stand()
    s.aws.faults.add({ operation: `ec2.${operation}`, times: 1, fault: { kind: 'dropAfter' } })
    expect((await s.up(created())).kind).toBe('ready')
    expect(network(s)).toEqual(WHOLE)
  })

  it.each(['ModifyVpcAttribute', 'AttachInternetGateway', 'CreateRoute', 'AssociateRouteTable'])(
    'a run that was cut off after %s is gone on with, and all of it is taken away again',
    async (operation) => {
      const s = await stand()
      // Its answer is lost, and whoever asks after that is refused: the run ends with this call done and nothing more.
      s.aws.faults.add({ operation: `ec2.${operation}`, times: 1, fault: { kind: 'dropAfter' } })
      const refused = { kind: 'error', code: 'UnauthorizedOperation', message: 'no', status: 403 } as const
      s.aws.faults.add({ operation: `ec2.${operation}`, times: 1, fault: refused })
      await expect(s.up(created())).rejects.toMatchObject({ code: 'Forbidden' })
      s.aws.faults.clear()
      expect((await s.up(created())).kind).toBe('ready')
      expect(network(s)).toEqual(WHOLE)
      expect((await s.down(created())).kind).toBe('ready')
      expect(network(s)).toEqual(NOTHING)
    },
  )
})

describe('taking the network down', () => {
  it('waits for the interfaces of the cluster and follows the documented order', async () => {
    const s = await stand()
    await s.up(created())
    s.writes()
    expect((await s.down(created())).kind).toBe('ready')
    expect(network(s)).toEqual(NOTHING)
    const order = s.writes().filter((operation) => /DeleteCluster|ec2\.(?:Delete|Release|Detach)/.test(operation))
    const at = (operation: string) => order.lastIndexOf(operation)
    expect(at('eks.DeleteCluster')).toBeLessThan(order.indexOf('ec2.DeleteRouteTable'))
    expect(at('ec2.DeleteRouteTable')).toBeLessThan(at('ec2.DeleteNatGateway'))
    expect(at('ec2.DeleteNatGateway')).toBeLessThan(order.indexOf('ec2.DeleteSubnet'))
    expect(at('ec2.DetachInternetGateway')).toBeLessThan(at('ec2.DeleteInternetGateway'))
    expect(at('ec2.DeleteSubnet')).toBeLessThan(at('ec2.DeleteVpc'))
    expect(s.said.some((line) => /still in use/.test(line))).toBe(true)
    expect(s.aws.journal.filter((entry) => entry.error === 'DependencyViolation')).toEqual([])
  })

  it('takes loose interfaces and groups of the cluster with it', async () => {
    const s = await stand()
    await s.up(created())
    const [subnet] = values(ec2(s).subnets)
    const [vpc] = values(ec2(s).vpcs)
    plant(s, { id: 'eni-left', subnet: subnet?.SubnetId, description: 'aws-K8S-i-0123' })
    ec2(s).groups.set('sg-1', {
      value: { GroupId: 'sg-1', GroupName: 'eks-cluster-sg', VpcId: vpc?.VpcId },
      ...{ tags: new Map([['kubernetes.io/cluster/shop-prod', 'owned']]), madeAtMs: 0 },
    })
    expect((await s.down(created())).kind).toBe('ready')
    expect(network(s)).toEqual(NOTHING)
    expect([ec2(s).interfaces.size, ec2(s).groups.size]).toEqual([0, 0])
  })

  it('stops at an interface of somebody else, names it and leaves it', async () => {
    const s = await stand()
    await s.up(created())
    const [subnet] = values(ec2(s).subnets)
    plant(s, { id: 'eni-theirs', subnet: subnet?.SubnetId, description: 'their database' })
    await expect(s.down(created())).rejects.toMatchObject({
      code: 'Conflict',
      message: expect.stringContaining('eni-theirs their database'),
    })
    expect(ec2(s).interfaces.has('eni-theirs')).toBe(true)
    expect(ec2(s).vpcs.size).toBe(1)
  })

  it('touches nothing without our tags', async () => {
    const s = await stand()
    ec2(s).vpcs.set('vpc-theirs', {
      value: { VpcId: 'vpc-theirs', CidrBlock: '10.0.0.0/16', State: 'available' },
      ...{ tags: new Map([['stormport.dev/fleet', 'acme']]), madeAtMs: 0, dnsHostnames: false, dnsSupport: true },
    })
    await s.up(created())
    expect(ec2(s).vpcs.size).toBe(2)
    await s.down(created())
    expect([...ec2(s).vpcs.keys()]).toEqual(['vpc-theirs'])
    expect(ec2(s).vpcs.get('vpc-theirs')?.dnsHostnames).toBe(false)
  })
})

const plant = (
  s: EksStand,
  of: { readonly id: string; readonly subnet: string | undefined; readonly description: string },
) =>
  ec2(s).interfaces.set(of.id, {
    value: {
      NetworkInterfaceId: of.id,
      SubnetId: of.subnet,
      VpcId: 'vpc',
      Status: 'available',
      Description: of.description,
    },
    ...{ tags: new Map(), madeAtMs: 0, cluster: null, orphanedAtMs: null },
  })

describe('what is left behind', () => {
  it('is told with ids and prices, by our tags and the name of the cluster, and nothing of others', async () => {
    const s = await stand()
    await s.up(created())
    await s.down(created())
    expect(await s.provider.infrastructure?.leftovers(created(), s.fleet, never)).toEqual([])
    const tags = new Map([['elbv2.k8s.aws/cluster', 'shop-prod']])
    for (const [id, own] of [['arn:lb-ours', tags] as const, ['arn:lb-theirs', new Map<string, string>()] as const])
      ec2(s).balancers.set(id, { value: { LoadBalancerArn: id }, tags: own, madeAtMs: 0 })
    const disk = { VolumeId: 'vol-1', Size: 100, VolumeType: 'gp3' as const, State: 'available' as const }
    ec2(s).volumes.set('vol-1', { value: disk, tags: new Map([['KubernetesCluster', 'shop-prod']]), madeAtMs: 0 })
    ec2(s).volumes.set('vol-2', { value: { ...disk, VolumeId: 'vol-2' }, tags: new Map(), madeAtMs: 0 })
    plant(s, { id: 'eni-1', subnet: 'subnet-x', description: 'Amazon EKS shop-prod' })
    plant(s, { id: 'eni-2', subnet: 'subnet-x', description: 'aws-K8S-i-1' })
    expect(await s.provider.infrastructure?.leftovers(created(), s.fleet, never)).toEqual([
      { kind: 'NetworkInterface', id: 'eni-1', usdPerMonth: 0 },
      { kind: 'Volume', id: 'vol-1', usdPerMonth: expect.closeTo(8.8) },
      { kind: 'LoadBalancer', id: 'arn:lb-ours', usdPerMonth: expect.closeTo(18.4, 1) },
    ])
  })

  it('tells a NAT gateway and its address with what they cost a month', async () => {
    const s = await stand()
    await s.up(created())
    const left = await s.provider.infrastructure?.leftovers(created(), s.fleet, never)
    const priced = (left ?? [])
      .filter((each) => (each.usdPerMonth ?? 0) > 0)
      .map((each) => [each.kind, each.usdPerMonth])
    expect(priced.sort()).toEqual([
      ['Address', expect.closeTo(3.65)],
      ['NatGateway', expect.closeTo(35.04)],
    ])
  })
})

describe('roleArn', () => {
  const roleArn = 'arn:aws:iam::999999999999:role/deployer'

  it('is taken on before anything else, and the pin is held against its account', async () => {
    const s = await stand()
    await expect(s.look({ ...created(), settings: { ...created().settings, roleArn } })).rejects.toThrow(
      /of account 999999999999, aws is pinned to 123456789012/,
    )
    expect(s.aws.journal.map((entry) => entry.operation)).toEqual(['sts.AssumeRole', 'sts.GetCallerIdentity'])
  })

  it('is who asks for everything afterwards', async () => {
    const s = await stand()
    const target = { ...created(), settings: { ...created().settings, roleArn, account: '999999999999' } }
    expect((await s.look(target)).state).toMatchObject({ account: '999999999999', cluster: 'absent' })
    expect(s.aws.journal.filter((entry) => entry.operation === 'sts.AssumeRole').length).toBeGreaterThan(0)
  })
})

describe('offerings', () => {
  const pooled = (pools: Readonly<Record<string, object>>) =>
    eksTarget({ create: { version: '1.36', nodes: 'managed' } }, pools)
  const offer = async (s: EksStand, type: string, way: string) =>
    (await s.provider.offerings(pooled({ p: { cpu: 1 } }), never)).find(
      (each) => each.instanceType === type && each.capacityType === way,
    )

  it('are the types of the region with their facts, where they are sold and the cheapest spot price of the zones', async () => {
    const s = await stand()
    ec2(s).notSold.add('m7i.xlarge/eu-west-1c')
    expect(await offer(s, 'm7i.xlarge', 'spot')).toMatchObject({
      ...{ priceUsdPerHour: 0.078, available: true, arch: 'amd64', gpus: null, source: 'EC2' },
      because: 'sold in eu-west-1a, eu-west-1b; the price is of eu-west-1b',
      nominal: { cpuMillis: 4_000, memoryBytes: 16 * 2 ** 30 },
      resources: { cpuMillis: 3_920 },
    })
    expect(await offer(s, 'm7i.xlarge', 'on-demand')).toMatchObject({ priceUsdPerHour: null, available: true })
    expect(await offer(s, 'm7g.xlarge', 'on-demand')).toMatchObject({ arch: 'arm64' })
  })

  it('count a slice of a card as what a pod sees of it', async () => {
    const s = await stand()
    expect((await offer(s, 'g6.xlarge', 'spot'))?.gpus).toMatchObject({ model: 'l4', count: 1, share: 1 })
    expect((await offer(s, 'g6f.large', 'spot'))?.gpus).toMatchObject({ model: 'l4', count: 1, share: 0.125 })
  })

  it('leave out no type that no zone sells, and say why it cannot be had', async () => {
    const s = await stand()
    for (const { name } of ec2(s).zones) ec2(s).notSold.add(`m7i.xlarge/${name}`)
    expect(await offer(s, 'm7i.xlarge', 'spot')).toMatchObject({
      available: false,
      because: expect.stringMatching(/no zone/),
    })
    const look = await s.look(pooled({ p: { instances: ['m7i.xlarge'], min: 0, max: 1 } }))
    expect(look.pools[0]?.groups).toEqual([])
  })

  it('that may not be read are none, with a warning, and the catalogue goes on alone', async () => {
    const s = await stand()
    const refused = { kind: 'error', code: 'UnauthorizedOperation', message: 'no', status: 403 } as const
    s.aws.faults.add({ operation: 'ec2.DescribeInstanceTypes', times: 9, fault: refused })
    const look = await s.look(pooled({ p: { instances: ['m7i.xlarge'], min: 0, max: 1 } }))
    expect(look.diagnostics).toMatchObject([{ code: 'SP4409', severity: 'warning' }])
    expect(look.pools[0]?.groups[0]?.types[0]?.instanceType).toBe('m7i.xlarge')
  })
})
