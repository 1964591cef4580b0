// The way into a cluster: address and authority by the user's kubeconfig, and a token from the same credential as all else
// in place of the kubelogin program.
import { parse } from 'yaml'
import { StormportError } from '../../core/errors.ts'
import type { ClusterAccess, UserAuth } from '../kubernetes/index.ts'
import { type AksTarget, absent, isUp } from './clusters.ts'
import { azureError } from './errors.ts'
import { aksSettings } from './settings.ts'

/** Application of the API servers of AKS, the same in all clouds (Azure/kubelogin, concepts/aks). */
export const AKS_SERVER_SCOPE = '6dae42f8-4368-4678-94ff-3960e28e3630/.default'

/** @throws StormportError 'NotFound' where there is no cluster, 'Unreachable' while it is made or stopped. */
export const accessTo = async (aks: AksTarget, signal: AbortSignal): Promise<ClusterAccess> => {
  const cluster = await aks.describe(signal)
  if (cluster === null) throw absent(aks.target)
  if (!isUp(cluster)) throw notUp(aks, cluster.powerState?.code === 'Stopped' ? 'stopped' : cluster.provisioningState)
  return readKubeconfig(await kubeconfigOf(aks, signal), aks)
}

const notUp = ({ target }: AksTarget, state: string | undefined): StormportError =>
  new StormportError(
    'Unreachable',
    `cluster ${aksSettings(target).cluster} does not answer: it is ${state ?? 'unknown'}`,
    {
      diagnostic: 'SP4505',
      source: 'target',
      target: target.name,
      retry: 'later',
      hint: 'wait until it is made, start it with `az aks start`, or run stormport deploy, which waits',
    },
  )

/** Never that of an administrator: it is refused where local accounts are off, and needs more rights than we have to have. */
const kubeconfigOf = async ({ clients, target }: AksTarget, signal: AbortSignal): Promise<string> => {
  const { resourceGroup, cluster } = aksSettings(target)
  try {
    const client = await clients.aks()
    const answer = await client.managedClusters.listClusterUserCredentials(resourceGroup, cluster, {
      abortSignal: signal,
    })
    const [first] = answer.kubeconfigs ?? []
    return Buffer.from(first?.value ?? new Uint8Array()).toString()
  } catch (error) {
    throw azureError(error, `get the kubeconfig of cluster ${cluster}`, target.name)
  }
}

export const readKubeconfig = (text: string, aks: Pick<AksTarget, 'clients' | 'target'>): ClusterAccess => {
  const config = record(parse(text))
  const current = config['current-context']
  const context = record(named(config['contexts'], current)['context'])
  const cluster = record(named(config['clusters'], context['cluster'])['cluster'])
  const user = record(named(config['users'], context['user'])['user'])
  const authority = cluster['certificate-authority-data']
  const server = cluster['server']
  if (typeof server !== 'string') throw unreadable(aks.target.name)
  return {
    server: server.replace(/\/+$/, ''),
    ca: typeof authority === 'string' && authority !== '' ? decoded(authority) : null,
    tlsServerName: null,
    namespace: null,
    context: aksSettings(aks.target).cluster,
    user: userOf(user, aks),
  }
}

const unreadable = (target: string): StormportError =>
  new StormportError('Internal', 'the kubeconfig of AKS names no server', { target, source: 'target' })

/** With Entra a program (kubelogin) or a plugin that is gone; without it a certificate. */
const userOf = (
  user: Readonly<Record<string, unknown>>,
  { clients, target }: Pick<AksTarget, 'clients' | 'target'>,
): UserAuth => {
  const { 'client-certificate-data': cert, 'client-key-data': key, token } = user
  if (typeof cert === 'string' && typeof key === 'string')
    return { kind: 'certificate', cert: decoded(cert), key: decoded(key) }
  if (typeof token === 'string') return { kind: 'token', token }
  return {
    kind: 'provided',
    get: async () => {
      const { token: made, expiresOnTimestamp } = await clients.token(AKS_SERVER_SCOPE).catch((error: unknown) => {
        throw azureError(error, 'sign in to the cluster', target.name)
      })
      return { headers: { authorization: `Bearer ${made}` }, cert: null, key: null, expiresAtMs: expiresOnTimestamp }
    },
  }
}

const decoded = (base64: string): string => Buffer.from(base64, 'base64').toString()

const named = (list: unknown, name: unknown): Readonly<Record<string, unknown>> =>
  (Array.isArray(list) ? list : []).map(record).find((each) => each['name'] === name) ?? {}

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}
