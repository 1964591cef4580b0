// Where one plane lives and with which keys: everything that its programs are started with.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type Authority,
  type Certificate,
  type CertificateRequest,
  createAuthority,
  createTokenKeys,
  issue,
} from './certificates.ts'
import { writeKubeconfig } from './kubeconfig.ts'
import { inNamespace } from './network.ts'
import type { Minor } from './paths.ts'
import { type Program, startProgram } from './programs.ts'
import type { Slot } from './slot.ts'
import type { PlaneOptions } from './types.ts'

export interface Site {
  readonly slot: Slot
  readonly options: PlaneOptions
  readonly minor: Minor
  /** Where the programs listen: loopback, or the namespace's own address. */
  readonly host: string
  readonly server: string
  readonly keys: SiteKeys
}

export interface SiteKeys {
  readonly authority: Authority
  readonly frontProxyAuthority: Authority
  readonly tokens: { readonly publicKey: string; readonly key: string }
  readonly server: Certificate
  readonly frontProxy: Certificate
  readonly kubeletClient: Certificate
  readonly admin: Certificate
}

export const createSite = async (slot: Slot, options: PlaneOptions): Promise<Site> => {
  const host = options.network === 'namespace' ? slot.address : '127.0.0.1'
  const folder = join(slot.folder, 'keys')
  await mkdir(folder, { mode: 0o700 })
  return {
    slot,
    options,
    minor: options.minor ?? '1.36',
    host,
    server: `https://${host}:${slot.ports.apiserver}`,
    keys: await createKeys(folder, host),
  }
}

/** Starts a program of the plane, inside its namespace where it has one. */
export const launch = (site: Site, name: string, argv: readonly [string, ...string[]]): Promise<Program> => {
  const isolated = site.options.network === 'namespace'
  const whole: readonly [string, ...string[]] = isolated ? [...inNamespace(site.slot.label), ...argv] : argv
  return startProgram({ folder: site.slot.folder, name, argv: whole })
}

/** A kubeconfig for a program or a person, with a new certificate that names them. */
export const credentials = async (site: Site, request: CertificateRequest, namespace?: string): Promise<string> =>
  kubeconfigWith(site, { client: await issue(site.keys.authority, request), name: request.name, namespace })

export const adminKubeconfig = (site: Site): Promise<string> =>
  kubeconfigWith(site, { client: site.keys.admin, name: 'admin', namespace: undefined })

interface Identity {
  readonly client: Certificate
  readonly name: string
  readonly namespace: string | undefined
}

const kubeconfigWith = (site: Site, { client, name, namespace }: Identity): Promise<string> =>
  writeKubeconfig({
    path: join(site.slot.folder, `${name}.kubeconfig`),
    name: site.options.name,
    server: site.server,
    caPath: site.keys.authority.certificate,
    client,
    ...(namespace === undefined ? {} : { namespace }),
  })

const createKeys = async (folder: string, host: string): Promise<SiteKeys> => {
  const [authority, frontProxyAuthority, tokens] = await Promise.all([
    createAuthority(folder, 'plane-ca'),
    createAuthority(folder, 'front-proxy-ca'),
    createTokenKeys(folder),
  ])
  const masters = ['system:masters']
  const [server, frontProxy, kubeletClient, admin] = await Promise.all([
    issue(authority, { name: 'server', commonName: 'plane', altNames: namesOf(host) }),
    issue(frontProxyAuthority, { name: 'front-proxy', commonName: 'front-proxy' }),
    issue(authority, { name: 'kubelet-client', commonName: 'kube-apiserver', organizations: masters }),
    issue(authority, { name: 'admin', commonName: 'admin', organizations: masters }),
  ])
  return { authority, frontProxyAuthority, tokens, server, frontProxy, kubeletClient, admin }
}

const namesOf = (host: string): readonly string[] => [
  ...new Set([`IP:${host}`, 'IP:127.0.0.1', 'IP:10.96.0.1']),
  ...['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc'].map((name) => `DNS:${name}`),
]
