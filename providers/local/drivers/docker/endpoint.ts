// Where an engine listens: the one reading of DOCKER_HOST-like addresses. Plain tcp is refused: it is root without a password.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { StormportError } from '../../../../core/errors.ts'

export interface TlsFiles {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

export type Endpoint =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly tls: TlsFiles }

export const DEFAULT_SOCKET = '/var/run/docker.sock'

/** `host` null: the environment's DOCKER_HOST, else the usual socket. `tls` null: DOCKER_CERT_PATH, as the docker CLI does. */
export const endpointOf = (
  host: string | null,
  tls: TlsFiles | null,
  env: Readonly<Record<string, string | undefined>>,
): Endpoint => {
  const text = host ?? (env['DOCKER_HOST'] || `unix://${DEFAULT_SOCKET}`)
  if (text.startsWith('unix://')) return { kind: 'unix', path: text.slice('unix://'.length) }
  if (text.startsWith('ssh://')) {
    throw new StormportError('NotYet', `Engines over ssh are not there yet: ${text}.`, {
      diagnostic: 'SP4110',
      hint: 'Run Stormport on that machine, or use its unix socket or tcp:// with tls.',
    })
  }
  if (text.startsWith('tcp://') || text.startsWith('https://')) return tcpEndpoint(text, tls ?? certPath(env))
  throw new StormportError('BadInput', `Not an engine address: ${text}.`, {
    diagnostic: 'SP4111',
    hint: 'Write unix:///path/to/docker.sock or tcp://host:2376 with tls.',
  })
}

/** The certificates' content; read at connect time so that renewed files are used. */
export const readTls = (tls: TlsFiles): { ca: Buffer; cert: Buffer; key: Buffer } => ({
  ca: readFileSync(tls.ca),
  cert: readFileSync(tls.cert),
  key: readFileSync(tls.key),
})

export const endpointText = (endpoint: Endpoint): string =>
  endpoint.kind === 'unix' ? `unix://${endpoint.path}` : `tcp://${endpoint.host}:${endpoint.port}`

const tcpEndpoint = (text: string, tls: TlsFiles | null): Endpoint => {
  const url = URL.parse(text.replace(/^(tcp|https):/, 'http:'))
  if (url === null || url.hostname === '') {
    throw new StormportError('BadInput', `Not an engine address: ${text}.`, {
      diagnostic: 'SP4111',
      hint: 'Write tcp://host:2376.',
    })
  }
  if (tls === null) {
    throw new StormportError('BadInput', `The engine at ${text} would be used without TLS.`, {
      diagnostic: 'SP4111',
      hint: 'Give the node tls: { ca, cert, key }, or set DOCKER_CERT_PATH.',
    })
  }
  return { kind: 'tcp', host: url.hostname, port: url.port === '' ? 2376 : Number(url.port), tls }
}

const certPath = (env: Readonly<Record<string, string | undefined>>): TlsFiles | null => {
  const folder = env['DOCKER_CERT_PATH']
  if (folder === undefined || folder === '') return null
  return { ca: join(folder, 'ca.pem'), cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
}
