// Checked against the runtime schemas of the installed AWS clients; never against AWS.
import * as ec2 from '@aws-sdk/client-ec2'
import * as eks from '@aws-sdk/client-eks'
import * as iam from '@aws-sdk/client-iam'
import * as sts from '@aws-sdk/client-sts'
import { afterEach, describe, expect, it } from 'vitest'
import { createFaults, type Faults, fault, throttled } from './faults.ts'
import { operationsOf } from './protocol/operations.ts'
import { type FakeServer, type Handler, type Service, startServer } from './server.ts'

const operations = {
  eks: operationsOf('eks', eks),
  ec2: operationsOf('ec2', ec2),
  iam: operationsOf('iam', iam),
  sts: operationsOf('sts', sts),
}
const started: FakeServer[] = []
afterEach(async () => {
  for (const server of started.splice(0)) await server.close()
})

interface Stand {
  readonly server: FakeServer
  readonly faults: Faults
  readonly config: {
    readonly endpoint: string
    readonly region: string
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
    readonly maxAttempts: number
  }
}

const stand = async (handlers: {
  readonly eks?: Service['handlers']
  readonly ec2?: Service['handlers']
  readonly iam?: Service['handlers']
  readonly sts?: Service['handlers']
}): Promise<Stand> => {
  const faults = createFaults()
  const service = (name: keyof typeof operations, dialect: Service['dialect'], of: Service['handlers']): Service => ({
    name,
    dialect,
    operations: operations[name],
    handlers: of,
  })
  const server = await startServer({
    services: [
      service('eks', 'restJson', handlers.eks ?? {}),
      service('ec2', 'ec2Query', handlers.ec2 ?? {}),
      service('iam', 'awsQuery', handlers.iam ?? {}),
      service('sts', 'awsQuery', handlers.sts ?? {}),
    ],
    faults,
    knows: (key) => key === 'AKIDTEST',
  })
  started.push(server)
  const config = {
    endpoint: server.url,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'AKIDTEST', secretAccessKey: 'secret' },
    maxAttempts: 3,
  }
  return { server, faults, config }
}

const seen = (): { readonly inputs: unknown[]; readonly answering: (value: unknown) => Handler } => {
  const inputs: unknown[] = []
  return {
    inputs,
    answering: (value) => (input) => {
      inputs.push(input)
      return value
    },
  }
}

const CREATE = { name: 'shop', roleArn: 'arn:aws:iam::1:role/r', resourcesVpcConfig: { subnetIds: ['a', 'b'] } }

describe('the AWS stand-in speaks as the clients expect', () => {
  it('reads and answers JSON with labels, lists, maps and dates', async () => {
    const { inputs, answering } = seen()
    const at = new Date('2026-01-02T03:04:05Z')
    const s = await stand({ eks: { CreateNodegroup: answering({ nodegroup: { nodegroupName: 'g', createdAt: at } }) } })
    const client = new eks.EKSClient(s.config)
    const input = {
      clusterName: 'shop/1',
      nodegroupName: 'g',
      subnets: ['a'],
      nodeRole: 'arn',
      scalingConfig: { minSize: 0, maxSize: 2, desiredSize: 0 },
      labels: { 'stormport.dev/pool': 'gpu' },
      clientRequestToken: 'token',
    }
    const answer = await client.send(new eks.CreateNodegroupCommand(input))
    expect(inputs).toEqual([input])
    expect(answer.nodegroup).toEqual({ nodegroupName: 'g', createdAt: at })
    expect(s.server.defects).toEqual([])
  })

  it('reads and answers the EC2 dialect with filters, tags and sets', async () => {
    const { inputs, answering } = seen()
    const subnets = {
      Subnets: [{ SubnetId: 'subnet-1', AvailableIpAddressCount: 7, Tags: [{ Key: 'a<b', Value: '&' }] }],
    }
    const s = await stand({
      ec2: { DescribeSubnets: answering(subnets), CreateVpc: answering({ Vpc: { VpcId: 'vpc-1', IsDefault: false } }) },
    })
    const client = new ec2.EC2Client(s.config)
    const filters = { Filters: [{ Name: 'tag:x', Values: ['1', '2'] }], SubnetIds: ['subnet-1'] }
    const specification = [{ ResourceType: 'vpc' as const, Tags: [{ Key: 'k', Value: 'v' }] }]
    expect(await client.send(new ec2.DescribeSubnetsCommand(filters))).toMatchObject(subnets)
    const made = await client.send(
      new ec2.CreateVpcCommand({ CidrBlock: '10.0.0.0/16', TagSpecifications: specification }),
    )
    expect(made.Vpc).toEqual({ VpcId: 'vpc-1', IsDefault: false })
    expect(inputs).toEqual([filters, { CidrBlock: '10.0.0.0/16', TagSpecifications: specification }])
    expect(s.server.defects).toEqual([])
  })

  it('reads and answers the query dialect', async () => {
    const { inputs, answering } = seen()
    const role = { Path: '/', RoleName: 'r', RoleId: 'R', Arn: 'arn', CreateDate: new Date('2026-01-02T03:04:05Z') }
    const s = await stand({
      iam: { CreateRole: answering({ Role: role }) },
      sts: { GetCallerIdentity: answering({ Account: '123456789012', Arn: 'arn', UserId: 'u' }) },
    })
    const input = { RoleName: 'r', AssumeRolePolicyDocument: '{"a": 1}', Tags: [{ Key: 'k', Value: 'v' }] }
    expect((await new iam.IAMClient(s.config).send(new iam.CreateRoleCommand(input))).Role).toEqual(role)
    const who = await new sts.STSClient(s.config).send(new sts.GetCallerIdentityCommand({}))
    expect(who.Account).toBe('123456789012')
    expect(inputs[0]).toEqual(input)
    expect(s.server.defects).toEqual([])
  })

  it.each([
    ['a member that the service does not know', { ...CREATE, nodePools: ['x'] }, 'nodePools: no such member'],
    ['a missing member', { name: 'shop', resourcesVpcConfig: {} }, 'roleArn: is required'],
    [
      'a wrong type',
      { ...CREATE, resourcesVpcConfig: { subnetIds: 'a' } },
      'resourcesVpcConfig.subnetIds: a list is expected',
    ],
    [
      'a wrong type deep inside',
      { ...CREATE, computeConfig: { enabled: 'yes' } },
      'computeConfig.enabled: true or false is expected',
    ],
  ])('refuses %s', async (_what, body, words) => {
    const s = await stand({ eks: { CreateCluster: () => ({ cluster: { name: 'shop' } }) } })
    // The client would drop or refuse it itself, so the body goes out by hand.
    const answer = await fetch(`${s.server.url}/clusters`, {
      method: 'POST',
      headers: { authorization: 'AWS4-HMAC-SHA256 Credential=AKIDTEST/20260102/eu-west-1/eks/aws4_request' },
      body: JSON.stringify(body),
    })
    expect(answer.status).toBe(400)
    expect(answer.headers.get('x-amzn-errortype')).toBe('InvalidParameterException')
    expect(await answer.text()).toContain(words)
  })

  it('notes a reply of its own that the service could not give', async () => {
    const s = await stand({ eks: { ListClusters: () => ({ clusters: [7], more: true }) } })
    await new eks.EKSClient(s.config).send(new eks.ListClustersCommand({})).catch(() => undefined)
    expect(s.server.defects).toEqual([
      'ListClusters: reply: more: no such member',
      'ListClusters: reply: clusters[0]: a text is expected',
    ])
  })

  it('answers faults with the error that the client knows, by name and members', async () => {
    const s = await stand({
      eks: {
        CreateCluster: () => {
          throw fault('ResourceInUseException', 'Cluster already exists with name: shop', {
            status: 409,
            members: { clusterName: 'shop' },
          })
        },
      },
      ec2: {
        DescribeSubnets: () => {
          throw fault('UnauthorizedOperation', 'You are not authorized', { status: 403 })
        },
      },
    })
    const sent = new eks.EKSClient(s.config).send(new eks.CreateClusterCommand(CREATE))
    await expect(sent).rejects.toMatchObject({ name: 'ResourceInUseException', clusterName: 'shop' })
    const denied = new ec2.EC2Client(s.config).send(new ec2.DescribeSubnetsCommand({}))
    await expect(denied).rejects.toMatchObject({ name: 'UnauthorizedOperation' })
  })

  it('throttles as often as the script says, and the client comes through with one effect', async () => {
    const { inputs, answering } = seen()
    const s = await stand({ eks: { CreateCluster: answering({ cluster: { name: 'shop' } }) } })
    s.faults.add({ operation: 'eks.CreateCluster', times: 2, fault: throttled })
    await new eks.EKSClient(s.config).send(new eks.CreateClusterCommand(CREATE))
    expect(inputs).toHaveLength(1)
    expect(s.server.journal.map((entry) => entry.error)).toEqual(['ThrottlingException', 'ThrottlingException', null])
  })

  it('drops the answer after the effect: the client comes again with the same token', async () => {
    const { inputs, answering } = seen()
    const s = await stand({ eks: { CreateCluster: answering({ cluster: { name: 'shop' } }) } })
    s.faults.add({ operation: 'eks.*', times: 1, fault: { kind: 'dropAfter' } })
    await new eks.EKSClient(s.config).send(new eks.CreateClusterCommand(CREATE))
    const tokens = inputs.map((input) => (input as { clientRequestToken?: string }).clientRequestToken)
    expect(tokens).toHaveLength(2)
    expect(new Set(tokens).size).toBe(1)
  })

  it('knows its callers', async () => {
    const s = await stand({ sts: { GetCallerIdentity: () => ({}) } })
    const stranger = { ...s.config, credentials: { accessKeyId: 'AKIDOTHER', secretAccessKey: 'x' } }
    const asked = new sts.STSClient(stranger).send(new sts.GetCallerIdentityCommand({}))
    await expect(asked).rejects.toMatchObject({ name: 'UnrecognizedClientException' })
  })
})
