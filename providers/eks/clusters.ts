// The cluster of a target as EKS tells it, and the way to its API: endpoint and authority from EKS, a token made here.
import type { Cluster } from '@aws-sdk/client-eks'
import { StormportError } from '../../core/errors.ts'
import type { Target } from '../../core/model/fleet.ts'
import type { ClusterAccess } from '../kubernetes/index.ts'
import { type AwsClients, createAwsClients, pinnedAccount } from './client.ts'
import { awsError, nameOf } from './errors.ts'
import { type Offers, readOffers } from './offerings.ts'
import { eksSettings } from './settings.ts'

export interface EksTarget {
  readonly target: Target
  readonly clients: AwsClients
  /** Held against the pin, once. */
  account(signal: AbortSignal): Promise<string>
  /** null: there is no such cluster. Asked once in a few seconds. */
  describe(signal: AbortSignal): Promise<Cluster | null>
  /** What the region sells, asked once in some minutes; its warnings go with the state of the infrastructure. */
  offers(signal: AbortSignal): Promise<Offers>
  /** The next `describe` asks again. */
  forget(): void
  /** Updates that this process has asked for, by object id, until they are seen to be done. */
  readonly updates: Map<
    string,
    { readonly updateId: string; readonly nodegroupName?: string; readonly addonName?: string }
  >
}

const KEEP_MS = 4_000
const KEEP_OFFERS_MS = 300_000

export const createEksTarget = (target: Target): EksTarget => {
  const clients = createAwsClients(target)
  let account: Promise<string> | null = null
  let seen: { readonly atMs: number; readonly cluster: Promise<Cluster | null> } | null = null
  const accountOf = (signal: AbortSignal): Promise<string> => {
    account ??= pinnedAccount(clients, target, signal).catch((error: unknown) => {
      account = null
      throw error
    })
    return account
  }
  const forget = (): void => {
    seen = null
  }
  let sold: { readonly atMs: number; readonly offers: Promise<Offers> } | null = null
  const eks: EksTarget = {
    target,
    clients,
    offers: async (signal) => {
      await accountOf(signal)
      if (sold === null || performance.now() - sold.atMs > KEEP_OFFERS_MS) {
        const offers = readOffers(eks, signal)
        sold = { atMs: performance.now(), offers }
        offers.catch(() => {
          sold = null
        })
      }
      return sold.offers
    },
    account: accountOf,
    forget,
    updates: new Map(),
    describe: async (signal) => {
      await accountOf(signal)
      if (seen === null || performance.now() - seen.atMs > KEEP_MS) {
        const cluster = describeCluster(clients, target, signal)
        seen = { atMs: performance.now(), cluster }
        cluster.catch(forget)
      }
      return seen.cluster
    },
  }
  return eks
}

const describeCluster = async (clients: AwsClients, target: Target, signal: AbortSignal): Promise<Cluster | null> => {
  const { DescribeClusterCommand } = await import('@aws-sdk/client-eks')
  const client = await clients.eks()
  try {
    const answer = await client.send(new DescribeClusterCommand({ name: eksSettings(target).cluster }), {
      abortSignal: signal,
    })
    return answer.cluster ?? null
  } catch (error) {
    if (nameOf(error) === 'ResourceNotFoundException') return null
    throw awsError(error, `look at cluster ${eksSettings(target).cluster}`, target.name)
  }
}

/** How the Kubernetes side gets in. @throws StormportError 'NotFound' where there is no cluster, 'Unreachable' while it is made. */
export const accessTo = (cluster: Cluster | null, { target, clients }: EksTarget): ClusterAccess => {
  const name = eksSettings(target).cluster
  if (cluster === null) throw absent(target)
  const { endpoint, certificateAuthority, status } = cluster
  if (endpoint === undefined || certificateAuthority?.data === undefined) {
    throw new StormportError(
      'Unreachable',
      `cluster ${name} has no endpoint yet: it is ${status ?? 'of unknown state'}`,
      {
        diagnostic: 'SP4405',
        source: 'target',
        target: target.name,
        retry: 'later',
        hint: 'wait until it is ACTIVE, or run stormport deploy, which waits',
      },
    )
  }
  return {
    server: endpoint.replace(/\/+$/, ''),
    ca: Buffer.from(certificateAuthority.data, 'base64').toString(),
    tlsServerName: null,
    namespace: null,
    context: cluster.arn ?? name,
    user: {
      kind: 'provided',
      get: async () => {
        const { token, expiresAtMs } = await clients.token(Date.now())
        return { headers: { authorization: `Bearer ${token}` }, cert: null, key: null, expiresAtMs }
      },
    },
  }
}

export const absent = (target: Target): StormportError => {
  const { cluster, region } = eksSettings(target)
  return new StormportError('NotFound', `there is no EKS cluster ${cluster} in ${region}`, {
    diagnostic: 'SP4404',
    source: 'user',
    target: target.name,
    hint: 'correct cluster: or region:, or add create: {} to have it made',
  })
}
