// Who we are, for each request: what expires is renewed before it does, and once more when the server says 401.
import { readFileSync } from 'node:fs'
import { StormportError } from '../../../core/errors.ts'
import type { ClusterAccess, Credential, UserAuth } from './access.ts'
import type { PluginPolicy } from './exec-plugin.ts'
import { runPlugin } from './exec-plugin.ts'

export interface Credentials {
  get(signal: AbortSignal): Promise<Credential>
  /** The server refused this one: the next `get` gives another. False: there is no other. */
  refuse(used: Credential): boolean
}

const EARLY_MS = 60_000

export const createCredentials = (access: ClusterAccess, policy: PluginPolicy): Credentials => {
  const { user } = access
  const make = maker(access, policy)
  if (make === null) {
    const get = async (): Promise<Credential> => fixed(user)
    // Others renew the token in a file: it may have been read just before.
    const isStale = (used: Credential): boolean =>
      fixed(user).headers['authorization'] !== used.headers['authorization']
    return { get, refuse: (used) => user.kind === 'tokenFile' && isStale(used) }
  }
  let held: Promise<Credential> | null = null
  /** Many requests are refused at once, and one of them renews: the others must not throw the new one away. */
  let latest: Credential | null = null
  const renew = (signal: AbortSignal): Promise<Credential> => {
    const made = make(signal)
    held = made
    made.then(
      (credential) => {
        latest = credential
      },
      // A failure is told to who asked and not kept.
      () => {
        if (held === made) held = null
      },
    )
    return made
  }
  return {
    get: async (signal) => {
      const known = held === null ? null : await held
      const fresh = known !== null && (known.expiresAtMs === null || known.expiresAtMs - EARLY_MS > Date.now())
      return fresh ? known : renew(signal)
    },
    refuse: (used) => {
      if (used === latest) {
        held = null
        latest = null
      }
      return true
    },
  }
}

const maker = (access: ClusterAccess, policy: PluginPolicy): ((signal: AbortSignal) => Promise<Credential>) | null => {
  const { user } = access
  if (user.kind === 'provided') return () => user.get()
  if (user.kind === 'exec') return (signal) => runPlugin(user.plugin, { access, policy }, signal)
  return null
}

const fixed = (user: UserAuth): Credential => {
  switch (user.kind) {
    case 'certificate':
      return { headers: {}, cert: user.cert, key: user.key, expiresAtMs: null }
    case 'token':
      return bearer(user.token)
    case 'tokenFile':
      return bearer(tokenIn(user.path))
    case 'basic': {
      const pair = Buffer.from(`${user.username}:${user.password}`).toString('base64')
      return { headers: { authorization: `Basic ${pair}` }, cert: null, key: null, expiresAtMs: null }
    }
    default:
      return { headers: {}, cert: null, key: null, expiresAtMs: null }
  }
}

export const bearer = (token: string, expiresAtMs: number | null = null): Credential => ({
  headers: { authorization: `Bearer ${token}` },
  cert: null,
  key: null,
  expiresAtMs,
})

const tokenIn = (path: string): string => {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (cause) {
    throw new StormportError('Unauthenticated', `the token file ${path} cannot be read`, {
      diagnostic: 'SP4352',
      source: 'user',
      hint: 'put a token there, or name another user in the kubeconfig',
      cause,
    })
  }
}
