// A stand-in for AWS that real SDK clients talk to over HTTP: EKS with its state machines, EC2's networks, IAM and STS. Held against the
// runtime schemas of the installed clients and a table of constraints; never run beside AWS itself.
import * as ec2 from '@aws-sdk/client-ec2'
import * as eks from '@aws-sdk/client-eks'
import * as elb from '@aws-sdk/client-elastic-load-balancing-v2'
import * as iam from '@aws-sdk/client-iam'
import * as sts from '@aws-sdk/client-sts'
import { createFakeClock, type FakeClock } from '../clock.ts'
import { constraintsOf } from './constraints.ts'
import { balancerHandlers } from './ec2/balancers.ts'
import { ec2Handlers } from './ec2/index.ts'
import { accessHandlers, identityHandlers } from './eks/access.ts'
import { type Behind, clusterHandlers } from './eks/clusters.ts'
import { groupHandlers } from './eks/groups.ts'
import { addonHandlers, insightHandlers, profileHandlers } from './eks/parts.ts'
import { updateHandlers } from './eks/updates.ts'
import { createFaults, type Faults } from './faults.ts'
import { ASSUMED_KEY, iamHandlers, stsHandlers } from './identity.ts'
import { operationsOf } from './protocol/operations.ts'
import { createRules, type Rules } from './rules.ts'
import { type FakeServer, type JournalEntry, type Service, startServer } from './server.ts'
import { type AwsState, createState } from './state.ts'

export interface FakeAwsOptions {
  readonly account?: string
  readonly region?: string
  /** The API of a cluster, by its name: a real control plane. Default: none, so that clusters have no endpoint. */
  readonly behind?: (cluster: string) => Behind | null
  readonly onCall?: (entry: JournalEntry) => void
}

export interface FakeAws extends FakeServer {
  readonly clock: FakeClock
  readonly faults: Faults
  readonly rules: Rules
  readonly state: AwsState
  /** What a process needs to find it: endpoint, region and keys. */
  readonly env: Readonly<Record<string, string>>
}

export const TEST_KEY = { accessKeyId: 'AKIDTEST', secretAccessKey: 'test-secret' } as const

export const startFakeAws = async (options: FakeAwsOptions = {}): Promise<FakeAws> => {
  const account = options.account ?? '123456789012'
  const region = options.region ?? 'eu-west-1'
  const clock = createFakeClock(Date.UTC(2026, 0, 2, 3, 4, 5))
  const rules = createRules()
  const faults = createFaults()
  const state = createState({ account, region, clock, rules })
  const server = await startServer({
    services: services(state, options),
    faults,
    knows: (key) => key === TEST_KEY.accessKeyId || key === ASSUMED_KEY,
    ...(options.onCall === undefined ? {} : { onCall: options.onCall }),
  })
  const env = {
    AWS_ENDPOINT_URL: server.url,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: TEST_KEY.accessKeyId,
    AWS_SECRET_ACCESS_KEY: TEST_KEY.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: 'true',
  }
  return { ...server, clock, faults, rules, state, env }
}

const services = (state: AwsState, options: FakeAwsOptions): readonly Service[] => [
  {
    name: 'eks',
    dialect: 'restJson',
    operations: operationsOf('eks', eks),
    constraints: constraintsOf('eks'),
    handlers: {
      ...clusterHandlers(state, options.behind ?? (() => null)),
      ...groupHandlers(state),
      ...accessHandlers(state),
      ...identityHandlers(state),
      ...addonHandlers(state),
      ...profileHandlers(state),
      ...insightHandlers(state),
      ...updateHandlers(state),
    },
  },
  {
    name: 'iam',
    dialect: 'awsQuery',
    operations: operationsOf('iam', iam),
    constraints: constraintsOf('iam'),
    handlers: iamHandlers(state),
  },
  {
    name: 'sts',
    dialect: 'awsQuery',
    operations: operationsOf('sts', sts),
    handlers: stsHandlers(state, `arn:aws:iam::${state.account}:user/tester`),
  },
  { name: 'ec2', dialect: 'ec2Query', operations: operationsOf('ec2', ec2), handlers: ec2Handlers(state) },
  {
    name: 'elasticloadbalancing',
    dialect: 'awsQuery',
    operations: operationsOf('elasticloadbalancing', elb),
    handlers: balancerHandlers(state),
  },
]
