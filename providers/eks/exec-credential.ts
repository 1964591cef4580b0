// What `stormport token` prints: the token of an EKS cluster as kubectl wants it of an exec plugin
// (client.authentication.k8s.io). Everything comes from flags and the SDK's own chain: no file of ours is read.
import { StormportError } from '../../core/errors.ts'
import type { Target } from '../../core/model/fleet.ts'
import { createAwsClients } from './client.ts'

export interface TokenOf {
  readonly cluster: string
  readonly region: string
  readonly profile: string | null
  /** KUBERNETES_EXEC_INFO: the version that the caller speaks. */
  readonly execInfo: string | null
  readonly nowMs: number
}

export interface ExecCredential {
  readonly apiVersion: string
  readonly kind: 'ExecCredential'
  readonly spec: object
  readonly status: { readonly expirationTimestamp: string; readonly token: string }
}

export const execCredential = async (of: TokenOf): Promise<ExecCredential> => {
  const clients = createAwsClients(asTarget(of))
  try {
    const { token, expiresAtMs } = await clients.token(of.nowMs)
    const expirationTimestamp = new Date(expiresAtMs).toISOString().replace(/\.\d+Z$/, 'Z')
    return {
      apiVersion: versionOf(of.execInfo),
      kind: 'ExecCredential',
      spec: {},
      status: { expirationTimestamp, token },
    }
  } finally {
    clients.close()
  }
}

const V1 = 'client.authentication.k8s.io/v1'
const KNOWN = new Set([V1, 'client.authentication.k8s.io/v1beta1'])

/** kubectl refuses an answer in another version than it asked in. */
const versionOf = (execInfo: string | null): string => {
  if (execInfo === null) return V1
  const asked = askedVersion(execInfo)
  if (KNOWN.has(asked)) return asked
  throw new StormportError('BadInput', `KUBERNETES_EXEC_INFO asks for ${asked || 'no version'}`, {
    diagnostic: 'SP1503',
    source: 'user',
    hint: `write apiVersion: ${V1} in the exec part of the kubeconfig`,
  })
}

const askedVersion = (execInfo: string): string => {
  try {
    const parsed: unknown = JSON.parse(execInfo)
    return typeof parsed === 'object' && parsed !== null && 'apiVersion' in parsed ? String(parsed.apiVersion) : ''
  } catch {
    return ''
  }
}

const asTarget = ({ cluster, region, profile }: TokenOf): Target => ({
  name: cluster,
  provider: 'eks',
  site: cluster,
  here: false,
  publish: 'none',
  prices: null,
  pools: [],
  local: null,
  settings: { cluster, region, ...(profile === null ? {} : { profile }) },
  span: null,
})
