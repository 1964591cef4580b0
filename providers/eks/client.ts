// The AWS SDK, loaded when an EKS target is first asked and not before, one client a service, region and identity. Endpoints,
// profiles, SSO and workload identity come from the SDK's own chains; nothing of them is stored or printed.
import type { EC2Client } from '@aws-sdk/client-ec2'
import type { EKSClient } from '@aws-sdk/client-eks'
import type { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2'
import type { IAMClient } from '@aws-sdk/client-iam'
import type { STSClient } from '@aws-sdk/client-sts'
import { StormportError } from '../../core/errors.ts'
import type { Target } from '../../core/model/fleet.ts'
import { awsError } from './errors.ts'
import { eksSettings } from './settings.ts'
import { type AwsCredentials, type ClusterToken, clusterToken } from './token.ts'

export interface AwsClients {
  eks(): Promise<EKSClient>
  ec2(): Promise<EC2Client>
  /** Sends each request once: creates that EC2 gives no token for, where a lost answer may mean that it was done. */
  ec2Once(): Promise<EC2Client>
  balancers(): Promise<ElasticLoadBalancingV2Client>
  iam(): Promise<IAMClient>
  sts(): Promise<STSClient>
  /** What the chain gives now; renewed by the SDK when it has expired. */
  credentials(): Promise<AwsCredentials>
  token(nowMs: number): Promise<ClusterToken>
  close(): void
}

/** Tries of one request, the first included: clouds throttle in bursts of minutes. */
const MAX_ATTEMPTS = 8

export const createAwsClients = (target: Target): AwsClients => {
  const { region, profile, roleArn, cluster } = eksSettings(target)
  const own = {
    region,
    maxAttempts: MAX_ATTEMPTS,
    retryMode: 'adaptive',
    ...(profile === null ? {} : { profile }),
  }
  const shared = { ...own, ...(roleArn === null ? {} : { credentials: assumed(roleArn, own) }) }
  const made: { destroy(): void }[] = []
  const once = <T extends { destroy(): void }>(make: () => Promise<T>): (() => Promise<T>) => {
    let held: Promise<T> | null = null
    return () => {
      held ??= make().then((client) => {
        made.push(client)
        return client
      })
      return held
    }
  }
  const eks = once(async () => new (await import('@aws-sdk/client-eks')).EKSClient(shared))
  const ec2 = once(async () => new (await import('@aws-sdk/client-ec2')).EC2Client(shared))
  const ec2Once = once(
    async () =>
      new (await import('@aws-sdk/client-ec2')).EC2Client({ ...shared, retryMode: 'standard', maxAttempts: 1 }),
  )
  const balancers = once(async () => {
    const sdk = await import('@aws-sdk/client-elastic-load-balancing-v2')
    return new sdk.ElasticLoadBalancingV2Client(shared)
  })
  const iam = once(async () => new (await import('@aws-sdk/client-iam')).IAMClient(shared))
  const sts = once(async () => new (await import('@aws-sdk/client-sts')).STSClient(shared))
  const credentials = async (): Promise<AwsCredentials> => {
    try {
      return await (await eks()).config.credentials()
    } catch (error) {
      throw awsError(error, 'sign in to AWS', target.name)
    }
  }
  return {
    eks,
    ec2,
    ec2Once,
    balancers,
    iam,
    sts,
    credentials,
    token: async (nowMs) => clusterToken({ region, cluster, credentials: await credentials(), nowMs }),
    close: () => {
      for (const client of made.splice(0)) client.destroy()
    },
  }
}

interface Own {
  readonly region: string
  readonly profile?: string
}

/** Before a session ends, a new one is asked for. */
const RENEW_MS = 300_000

type Session = AwsCredentials & { readonly expiration?: Date }

/** The role that the target names, taken on by who we are: one session for all clients. */
const assumed = (roleArn: string, own: Own): (() => Promise<Session>) => {
  let held: Promise<Session> | null = null
  return async () => {
    const now = await held?.catch(() => null)
    if (now?.expiration === undefined || now.expiration.getTime() - Date.now() < RENEW_MS)
      held = assumeRole(roleArn, own)
    return held ?? assumeRole(roleArn, own)
  }
}

const assumeRole = async (RoleArn: string, own: Own): Promise<Session> => {
  const { AssumeRoleCommand, STSClient } = await import('@aws-sdk/client-sts')
  const client = new STSClient(own)
  try {
    const { Credentials: given } = await client.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'stormport' }))
    return {
      accessKeyId: given?.AccessKeyId ?? '',
      secretAccessKey: given?.SecretAccessKey ?? '',
      ...(given?.SessionToken === undefined ? {} : { sessionToken: given.SessionToken }),
      ...(given?.Expiration === undefined ? {} : { expiration: given.Expiration }),
    }
  } finally {
    client.destroy()
  }
}

/** The account behind the credentials, held against `account:`. @throws StormportError 'Forbidden' when it is another. */
export const pinnedAccount = async (clients: AwsClients, target: Target, signal: AbortSignal): Promise<string> => {
  const { GetCallerIdentityCommand } = await import('@aws-sdk/client-sts')
  const client = await clients.sts()
  const answer = await client
    .send(new GetCallerIdentityCommand({}), { abortSignal: signal })
    .catch((error: unknown) => {
      throw awsError(error, 'ask AWS who we are', target.name)
    })
  const account = answer.Account ?? ''
  const pin = eksSettings(target).account
  if (pin === null || pin === account) return account
  throw new StormportError(
    'Forbidden',
    `the credentials are of account ${account}, ${target.name} is pinned to ${pin}`,
    {
      diagnostic: 'SP4403',
      source: 'user',
      target: target.name,
      hint: 'choose the right profile with profile: or AWS_PROFILE, or correct account:',
    },
  )
}
