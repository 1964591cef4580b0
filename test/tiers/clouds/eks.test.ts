// EKS by the built command line, as a user runs it: the AWS stand-in over HTTP, and behind its clusters a real API server that
// asks the stand-in who a token belongs to. Never run on AWS.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { kubectlProgram, type Plane, startPlane } from '../../clusters/index.ts'
import { createWorld, type Ran, type World } from '../../e2e/world.ts'
import { type FakeAws, startFakeAws, TEST_KEY } from '../../fakes/aws/index.ts'
import { startTokenReview, type TokenReview } from '../../fakes/aws/token-review.ts'

const execute = promisify(execFile)
const BIN = fileURLToPath(new URL('../../../bin/stormport.js', import.meta.url))
const CALLER = 'arn:aws:iam::123456789012:user/tester'
const NETWORK = '{ use: { vpc: vpc-1, subnets: [subnet-a, subnet-b] } }'
const NODES = [1, 2].map((n) => ({ name: `node-${n}`, cpu: '8', memory: '16Gi' }))

const COMPOSE = `name: harbour
services:
  web:
    image: registry.example/web:1
    ports: ["80:8080"]
    deploy: { replicas: 2 }
  cache:
    image: registry.example/redis:1
`

const fleet = (create: string, account = '123456789012'): string => `name: acme
targets:
  aws:
    provider: eks
    account: "${account}"
    region: eu-west-1
    cluster: shop-prod
${create}`

const CREATED = fleet(`    create: { version: "1.36", nodes: auto, network: ${NETWORK} }\n`)

describe('an EKS target', { timeout: 300_000 }, () => {
  let aws: FakeAws
  let review: TokenReview
  let plane: Plane
  let w: World
  beforeAll(async () => {
    // A minute with each call: what a cloud takes nine minutes for passes while it is asked about.
    aws = await startFakeAws({
      behind: () => ({ endpoint: plane.server, caPem: plane.ca }),
      onCall: () => aws.clock.advance(60_000),
    })
    review = await startTokenReview({ state: aws.state, cluster: 'shop-prod', key: TEST_KEY, caller: CALLER })
    plane = await startPlane({ name: 'eks', nodes: NODES, webhookToken: review.url })
    w = createWorld({ env: aws.env })
    w.write('compose.yaml', COMPOSE)
    w.write('stormport.yaml', CREATED)
  })
  afterAll(async () => {
    expect(aws.defects).toEqual([])
    await w?.end()
    await plane?.stop()
    await review?.close()
    await aws?.close()
  })

  /** The stand-in lives in this process, so that the command must not block it. */
  const run = (...args: readonly string[]): Promise<Ran> => w.start(...args).ended
  const deploy = (...args: readonly string[]): Promise<Ran> =>
    run('deploy', '--no-resolve', '--timeout', '120s', '--yes', '--allow', 'spend', ...args)
  let seen = 0
  const writes = (): readonly string[] => {
    const since = aws.journal.slice(seen)
    seen = aws.journal.length
    return since.filter((entry) => entry.mutating && entry.error === null).map((entry) => entry.operation)
  }

  it('is checked: account and a cluster that deploy will make', async () => {
    const ran = await run('target', 'check', 'aws', '--json')
    expect(ran.all).toContain('signed in to account 123456789012')
    expect(ran.all).toContain('deploy makes it')
  })

  it('refuses another account than the pinned one before anything is made: exit 4', async () => {
    w.write('stormport.yaml', fleet(`    create: { nodes: auto, network: ${NETWORK} }\n`, '999999999999'))
    const ran = await deploy()
    expect([ran.code, writes()]).toEqual([4, []])
    expect(ran.all).toContain('pinned to 999999999999')
    w.write('stormport.yaml', CREATED)
  })

  it('needs consent for what costs: exit 10, nothing made', async () => {
    const ran = await run('deploy', '--no-resolve', '--yes')
    expect([ran.code, writes()]).toEqual([10, []])
    expect(ran.all).toContain('--allow spend')
  })

  it('is made and gets the application, in one command', async () => {
    const ran = await deploy()
    expect(ran.code, ran.all).toBe(0)
    expect(aws.state.clusters.get('shop-prod')?.value.status).toBe('ACTIVE')
    const ready = await plane.api.request<{ status: { readyReplicas: number } }>(
      'GET',
      '/apis/apps/v1/namespaces/harbour/deployments/web',
    )
    expect(ready.status.readyReplicas).toBe(2)
    expect(writes()).toContain('eks.CreateCluster')
  })

  it('is left alone by a second deploy: no mutating call to the cloud', async () => {
    const ran = await deploy()
    expect([ran.code, writes()]).toEqual([0, []])
    expect(ran.all).toContain('nothing to change')
  })

  it('shows its state and its replicas like any other target', async () => {
    const status = await run('status', '--json')
    expect(JSON.parse(status.out)).toMatchObject({
      state: 'healthy',
      targets: [{ name: 'aws', provider: 'eks', reachable: true, services: expect.any(Array) }],
    })
    const ps = JSON.parse((await run('ps', '--json')).out) as { replicas: readonly { target: string }[] }
    expect(ps.replicas.map((replica) => replica.target)).toEqual(['aws', 'aws', 'aws'])
  })

  it('is open to kubectl by `stormport token` as its exec plugin', async () => {
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      interactiveMode: 'Never',
      command: process.execPath,
      args: [BIN, 'token', '--cluster', 'shop-prod', '--region', 'eu-west-1'],
    }
    const ca = Buffer.from(plane.ca).toString('base64')
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'aws',
      clusters: [{ name: 'aws', cluster: { server: plane.server, 'certificate-authority-data': ca } }],
      users: [{ name: 'aws', user: { exec } }],
      contexts: [{ name: 'aws', context: { cluster: 'aws', user: 'aws', namespace: 'harbour' } }],
    }
    w.write('kubectl.json', JSON.stringify(config))
    const argv = ['--kubeconfig', join(w.dir, 'kubectl.json'), 'get', 'pods', '-o', 'name']
    const { stdout } = await execute(kubectlProgram(), argv, { env: { ...process.env, ...aws.env, HOME: w.home } })
    expect(stdout.trim().split('\n')).toHaveLength(3)
  })

  it('expired credentials are exit 4 with the way to sign in', async () => {
    aws.faults.add({
      operation: 'sts.*',
      times: 20,
      fault: { kind: 'error', code: 'ExpiredToken', message: 'The security token is expired', status: 403 },
    })
    const ran = await run('status', '--check')
    aws.faults.clear()
    expect(ran.all).toContain('the credentials have expired')
    expect(ran.all).not.toContain(TEST_KEY.secretAccessKey)
  })

  it('goes with destroy --clusters: application, cluster and roles; a second time is nothing', async () => {
    const ran = await run('destroy', '--volumes', '--clusters', '--yes', '--allow', 'destroy', '--timeout', '120s')
    expect(ran.code, ran.all).toBe(0)
    expect(aws.state.clusters.size).toBe(0)
    expect(aws.state.roles.size).toBe(0)
  })
})

describe('a used EKS cluster', { timeout: 300_000 }, () => {
  it('gets workloads, and nothing of the cloud is changed', async () => {
    const plane: { value: Plane | null } = { value: null }
    const aws = await startFakeAws({
      behind: () => (plane.value === null ? null : { endpoint: plane.value.server, caPem: plane.value.ca }),
    })
    const review = await startTokenReview({ state: aws.state, cluster: 'shop-prod', key: TEST_KEY, caller: CALLER })
    const w = createWorld({ env: aws.env })
    try {
      plane.value = await startPlane({ name: 'eks-used', nodes: NODES, webhookToken: review.url })
      aws.rules.switchOff('roleVisible')
      await standing(aws)
      w.write('compose.yaml', COMPOSE)
      w.write('stormport.yaml', fleet(''))
      const writesBefore = aws.journal.filter((entry) => entry.mutating).length
      const ran = await w.start('deploy', '--no-resolve', '--yes', '--timeout', '120s').ended
      expect(ran.code, ran.all).toBe(0)
      const gone = await w.start('destroy', '--volumes', '--yes', '--allow', 'destroy', '--timeout', '120s').ended
      expect(gone.code, gone.all).toBe(0)
      expect(aws.journal.filter((entry) => entry.mutating)).toHaveLength(writesBefore)
      expect(review.refusals).toEqual([])
    } finally {
      await w.end()
      await plane.value?.stop()
      await review.close()
      await aws.close()
    }
  })
})

/** As somebody else made it. */
const standing = async (aws: FakeAws): Promise<void> => {
  const { CreateClusterCommand, EKSClient } = await import('@aws-sdk/client-eks')
  const client = new EKSClient({ endpoint: aws.url, region: 'eu-west-1', credentials: TEST_KEY })
  const roleArn = 'arn:aws:iam::123456789012:role/other'
  await client.send(
    new CreateClusterCommand({
      name: 'shop-prod',
      roleArn,
      resourcesVpcConfig: { subnetIds: ['subnet-a', 'subnet-b'] },
    }),
  )
  aws.clock.advance(10 * 60_000)
}
