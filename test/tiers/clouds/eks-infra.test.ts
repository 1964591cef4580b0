// EKS clusters and pools by the engine, the adapter and the real SDK clients against the AWS stand-in. Never run on AWS.
import { afterEach, describe, expect, it } from 'vitest'
import { createEksStand, type EksStand, eksTarget, NETWORK } from '../../clouds/stand.ts'
import type { FakeAwsOptions } from '../../fakes/aws/index.ts'

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

const auto = (over: object = {}) => eksTarget({ create: { version: '1.36', nodes: 'auto', network: NETWORK, ...over } })
const managed = (pools: Readonly<Record<string, object>>, over: object = {}) =>
  eksTarget({ create: { version: '1.36', nodes: 'managed', network: NETWORK, ...over } }, pools)
const cluster = (s: EksStand) => s.aws.state.clusters.get('shop-prod')
const groups = (s: EksStand) => [...(cluster(s)?.groups.values() ?? [])].map((group) => group.value)

describe('nodes: auto', () => {
  it('makes roles and a cluster with the three switches together, and no node group', async () => {
    const s = await stand()
    expect((await s.up(auto())).kind).toBe('ready')
    expect(cluster(s)?.value).toMatchObject({
      status: 'ACTIVE',
      version: '1.36',
      computeConfig: { enabled: true, nodePools: ['general-purpose', 'system'] },
      storageConfig: { blockStorage: { enabled: true } },
      kubernetesNetworkConfig: { elasticLoadBalancing: { enabled: true } },
      accessConfig: { authenticationMode: 'API' },
      upgradePolicy: { supportType: 'STANDARD' },
      tags: { 'stormport.dev/fleet': 'acme', 'stormport.dev/target': 'aws' },
    })
    expect(groups(s)).toEqual([])
    expect([...s.aws.state.roles.keys()].sort()).toEqual(['stormport-acme-aws-cluster', 'stormport-acme-aws-node'])
  })

  it('does nothing the second time: no mutating call', async () => {
    const s = await stand()
    await s.up(auto({ addons: { 'metrics-server': 'latest' }, logs: ['api'] }))
    s.writes()
    expect((await s.up(auto({ addons: { 'metrics-server': 'latest' }, logs: ['api'] }))).kind).toBe('ready')
    expect(s.writes()).toEqual([])
  })

  it('waits out the seconds in which a new role cannot be assumed', async () => {
    const s = await stand()
    await s.up(auto())
    const refused = s.aws.journal.filter((entry) => entry.operation === 'eks.CreateCluster' && entry.error !== null)
    expect(refused.length).toBeGreaterThan(0)
    expect(cluster(s)?.value.status).toBe('ACTIVE')
  })
})

describe('nodes: managed', () => {
  const gpu = { gpu: { models: ['l4'], memory: '>=24GiB', count: 1 }, capacity: ['spot', 'on-demand'], min: 0, max: 4 }

  it('makes one group for each pool and way to buy, with hashed names, labels, taints and sizes', async () => {
    const s = await stand()
    const target = managed({ general: { cpu: 4, memory: '16GiB', min: 1, max: 10 } })
    expect((await s.up(target)).kind).toBe('ready')
    expect(groups(s)).toMatchObject([
      {
        nodegroupName: expect.stringMatching(/^general-od-[0-9a-f]{6}$/),
        capacityType: 'ON_DEMAND',
        scalingConfig: { minSize: 1, maxSize: 10, desiredSize: 1 },
        amiType: 'AL2023_x86_64_STANDARD',
        labels: { 'stormport.dev/pool': 'general' },
        taints: [],
      },
    ])
  })

  it('gives GPU pools the image with the driver, the labels and the taint', async () => {
    const s = await stand({ region: 'us-east-1' })
    const target = eksTarget(
      { region: 'us-east-1', create: { version: '1.36', nodes: 'managed', network: NETWORK } },
      { gpu },
    )
    expect((await s.up(target)).kind).toBe('ready')
    expect(
      groups(s)
        .map((group) => group.capacityType)
        .sort(),
    ).toEqual(['ON_DEMAND', 'SPOT'])
    for (const group of groups(s)) {
      expect(group).toMatchObject({
        amiType: 'AL2023_x86_64_NVIDIA',
        labels: { 'stormport.dev/pool': 'gpu', 'stormport.dev/gpu': 'l4', 'k8s.amazonaws.com/accelerator': 'l4' },
        taints: [{ key: 'nvidia.com/gpu', value: 'present', effect: 'NO_SCHEDULE' }],
        scalingConfig: { minSize: 0, maxSize: 4, desiredSize: 0 },
      })
    }
  })

  it('changes sizes, labels and taints in place and never writes a desired size that lies within the bounds', async () => {
    const s = await stand()
    const pool = { instances: ['m7i.xlarge'], min: 1, max: 5 }
    await s.up(managed({ p: pool }))
    const name = groups(s)[0]?.nodegroupName
    const record = cluster(s)?.groups.get(name ?? '')
    // An autoscaler has grown it.
    if (record !== undefined)
      cluster(s)?.groups.set(name ?? '', {
        ...record,
        value: { ...record.value, scalingConfig: { minSize: 1, maxSize: 5, desiredSize: 4 } },
      })
    await s.up(managed({ p: { ...pool, max: 8, labels: { tier: 'web' }, taints: ['k=v:NoSchedule'] } }))
    expect(groups(s)).toHaveLength(1)
    expect(groups(s)[0]).toMatchObject({
      nodegroupName: name,
      scalingConfig: { minSize: 1, maxSize: 8, desiredSize: 4 },
      labels: { tier: 'web', 'stormport.dev/pool': 'p' },
      taints: [{ key: 'k', value: 'v', effect: 'NO_SCHEDULE' }],
    })
    const updates = s.aws.journal.filter((entry) => entry.operation === 'eks.UpdateNodegroupConfig')
    expect(updates.map((entry) => entry.input['scalingConfig'])).toEqual([{ minSize: 1, maxSize: 8 }])
    await s.up(managed({ p: { ...pool, max: 2 } }))
    expect(groups(s)[0]?.scalingConfig).toEqual({ minSize: 1, maxSize: 2, desiredSize: 2 })
  })

  it('replaces a changed pool: the new group is up before the old one goes', async () => {
    const s = await stand()
    await s.up(managed({ p: { instances: ['m7i.xlarge'], min: 1, max: 3 } }))
    s.writes()
    expect((await s.up(managed({ p: { instances: ['m7i.2xlarge'], min: 1, max: 3 } }))).kind).toBe('ready')
    expect(groups(s).map((group) => group.instanceTypes)).toEqual([['m7i.2xlarge']])
    expect(s.writes()).toEqual(['eks.CreateNodegroup', 'eks.DeleteNodegroup'])
  })

  it('takes the next type when AWS has no machine of the first, shows why, and leaves no failed group behind', async () => {
    const s = await stand()
    const first = (await s.look(managed({ p: { cpu: 4, memory: '16GiB', min: 1, max: 3 } }))).pools[0]?.groups[0]
      ?.types[0]
    s.aws.state.shortages.set(first?.instanceType ?? '', {
      code: 'AsgInstanceLaunchFailures',
      message: 'Could not launch On-Demand Instances. InsufficientInstanceCapacity - no capacity',
    })
    expect((await s.up(managed({ p: { cpu: 4, memory: '16GiB', min: 1, max: 3 } }))).kind).toBe('ready')
    expect(groups(s)).toHaveLength(1)
    expect(groups(s)[0]?.instanceTypes).not.toContain(first?.instanceType)
    expect(s.said.filter((line) => line.includes('next candidate'))).toEqual([
      expect.stringContaining(`pool p: ${first?.instanceType}: Could not launch`),
    ])
  })

  it('does nothing the second time: no mutating call', async () => {
    const s = await stand()
    const target = managed({ p: { instances: ['m7i.xlarge'], min: 1, max: 3 } })
    await s.up(target)
    s.aws.state.readyNodes.set('shop-prod', 1)
    s.writes()
    expect((await s.up(target)).kind).toBe('ready')
    expect(s.writes()).toEqual([])
  })
})

describe('a used cluster', () => {
  const used = async (): Promise<EksStand> => {
    const s = await stand()
    await s.up(eksTarget({ create: { version: '1.36', nodes: 'managed', network: NETWORK } }))
    const record = cluster(s)
    // As if others had made it: no tag of ours.
    if (record !== undefined) s.aws.state.clusters.set('shop-prod', { ...record, value: { ...record.value, tags: {} } })
    for (const addon of record?.addons.values() ?? [])
      record?.addons.set(addon.value.addonName ?? '', { ...addon, value: { ...addon.value, tags: {} } })
    s.aws.state.roles.clear()
    s.writes()
    return s
  }

  it('gets a declared pool beside what is there, and loses it again with its role; nothing else is touched', async () => {
    const s = await used()
    const others = { ...cluster(s)?.value }
    const pooled = eksTarget({}, { p: { instances: ['m7i.xlarge'], min: 1, max: 2 } })
    expect((await s.up(pooled)).kind).toBe('ready')
    expect(groups(s)).toMatchObject([{ subnets: ['subnet-a', 'subnet-b'], labels: { 'stormport.dev/pool': 'p' } }])
    expect((await s.up(eksTarget({}))).kind).toBe('ready')
    expect(groups(s)).toEqual([])
    expect(cluster(s)?.value).toEqual(others)
    expect([...s.aws.state.roles.keys()]).toEqual([])
    expect(s.writes().filter((operation) => /Cluster|Addon/.test(operation))).toEqual([])
  })

  it('is never taken for ours: create: on a cluster of others is refused as foreign', async () => {
    const s = await used()
    const plan = await s.plan(auto())
    expect(plan.diagnostics.map((d) => d.severity)).toContain('error')
    expect(plan.actions.filter((a) => a.objectKind === 'Cluster')).toEqual([])
  })
})

describe('upgrades', () => {
  it('go one minor at a time until the written version is reached', async () => {
    const s = await stand()
    await s.up(auto({ version: '1.34' }))
    expect((await s.up(auto({ version: '1.36' }))).kind).toBe('ready')
    const versions = s.aws.journal
      .filter((entry) => entry.operation === 'eks.UpdateClusterVersion' && entry.error === null)
      .map((entry) => entry.input['version'])
    expect(versions).toEqual(['1.35', '1.36'])
    expect(cluster(s)?.value.version).toBe('1.36')
  })

  it('never go down: a version that was passed by others is left alone', async () => {
    const s = await stand()
    await s.up(auto({ version: '1.36' }))
    s.writes()
    expect((await s.up(auto({ version: '1.35' }))).kind).toBe('ready')
    expect(s.writes()).toEqual(['eks.TagResource'])
    expect(cluster(s)?.value.version).toBe('1.36')
  })

  it('stop at an insight that fails', async () => {
    const s = await stand()
    await s.up(auto({ version: '1.35' }))
    cluster(s)?.insights.push({ id: 'i', name: 'removed APIs in use', insightStatus: { status: 'ERROR' } })
    await expect(s.up(auto({ version: '1.36' }))).rejects.toMatchObject({
      code: 'Conflict',
      message: expect.stringContaining('removed APIs in use'),
    })
    expect(cluster(s)?.value.version).toBe('1.35')
  })
})

describe('taking it down', () => {
  it('removes groups, add-ons, access, cluster and roles in that order, and leaves nothing', async () => {
    const s = await stand()
    const target = managed(
      { p: { instances: ['m7i.xlarge'], min: 1, max: 2 } },
      { access: [{ principal: 'arn:aws:iam::123456789012:role/dev', role: 'edit' }] },
    )
    await s.up(target)
    s.writes()
    expect((await s.down(target)).kind).toBe('ready')
    expect(cluster(s)).toBeUndefined()
    expect([...s.aws.state.roles.keys()]).toEqual([])
    const order = s.writes().filter((operation) => /Delete(?:Nodegroup|Cluster|Role)$/.test(operation))
    expect(order).toEqual(['eks.DeleteNodegroup', 'eks.DeleteCluster', 'iam.DeleteRole', 'iam.DeleteRole'])
  })

  it('is refused by deletion protection, with the way out', async () => {
    const s = await stand()
    await s.up(auto({ protect: true }))
    await expect(s.down(auto({ protect: true }))).rejects.toMatchObject({ code: 'InvalidSpec' })
    expect(cluster(s)?.value.status).toBe('ACTIVE')
  })
})

describe('faults on the way', () => {
  it('throttling, server errors and lost answers change nothing in the end state', async () => {
    const s = await stand()
    for (const operation of ['eks.CreateCluster', 'iam.CreateRole', 'eks.CreateNodegroup', 'eks.CreateAddon'])
      s.aws.faults.add({ operation, times: 1, fault: { kind: 'dropAfter' } })
    s.aws.faults.add({
      operation: 'eks.DescribeCluster',
      times: 3,
      fault: { kind: 'error', code: 'ThrottlingException', message: 'Rate exceeded', status: 429 },
    })
    const target = managed({ p: { instances: ['m7i.xlarge'], min: 1, max: 2 } })
    expect((await s.up(target)).kind).toBe('ready')
    expect(groups(s)).toHaveLength(1)
    expect(s.aws.state.clusters.size).toBe(1)
  })

  it('a pinned account that is another stops before anything is read or made', async () => {
    const s = await stand({ account: '999999999999' })
    await expect(s.look(auto())).rejects.toThrow(/pinned to 123456789012/)
    expect(s.aws.journal.map((entry) => entry.operation)).toEqual(['sts.GetCallerIdentity'])
  })
})
