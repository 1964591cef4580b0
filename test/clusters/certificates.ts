// A plane's own certificate authority and what it signs, by the openssl program: Node can make keys but sign no certificate.
import { execFile } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

export interface Authority {
  readonly folder: string
  readonly certificate: string
  readonly key: string
}

export interface CertificateRequest {
  /** File name without ending. */
  readonly name: string
  readonly commonName: string
  readonly organizations?: readonly string[]
  /** 'IP:127.0.0.1', 'DNS:localhost'; given: the certificate is a server's too. */
  readonly altNames?: readonly string[]
}

export interface Certificate {
  readonly certificate: string
  readonly key: string
}

const run = promisify(execFile)

/** openssl's own defaults would add extensions that clash with ours. */
const CONFIG = '[req]\ndistinguished_name=dn\nstring_mask=utf8only\n[dn]\n'
const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30']

export const createAuthority = async (folder: string, name: string): Promise<Authority> => {
  await writeFile(join(folder, 'openssl.cnf'), CONFIG)
  const made = pathsOf(folder, name)
  await openssl(folder, [
    ...['-subj', `/CN=${name}`, '-keyout', made.key, '-out', made.certificate],
    ...['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign,digitalSignature'],
    ...['-addext', 'subjectKeyIdentifier=hash'],
  ])
  return { folder, ...made }
}

export const issue = async (authority: Authority, request: CertificateRequest): Promise<Certificate> => {
  const made = pathsOf(authority.folder, request.name)
  const subject = [...(request.organizations ?? []).map((name) => `O=${name}`), `CN=${request.commonName}`]
  const altNames = request.altNames ?? []
  await openssl(authority.folder, [
    ...['-subj', subject.map((part) => `/${part.replaceAll('/', '\\/')}`).join('')],
    ...['-keyout', made.key, '-out', made.certificate, '-CA', authority.certificate, '-CAkey', authority.key],
    ...['-addext', 'basicConstraints=critical,CA:FALSE', '-addext', 'keyUsage=critical,digitalSignature'],
    ...['-addext', `extendedKeyUsage=clientAuth${altNames.length > 0 ? ',serverAuth' : ''}`],
    ...(altNames.length > 0 ? ['-addext', `subjectAltName=${altNames.join(',')}`] : []),
  ])
  return made
}

export const readPem = async ({ certificate, key }: Certificate): Promise<{ cert: string; key: string }> => ({
  cert: await readFile(certificate, 'utf8'),
  key: await readFile(key, 'utf8'),
})

/** The pair with which service account tokens are signed. */
export const createTokenKeys = async (
  folder: string,
): Promise<{ readonly publicKey: string; readonly key: string }> => {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const paths = { publicKey: join(folder, 'tokens.pub'), key: join(folder, 'tokens.key') }
  await writeFile(paths.publicKey, pair.publicKey.export({ type: 'spki', format: 'pem' }))
  await writeFile(paths.key, pair.privateKey.export({ type: 'sec1', format: 'pem' }), { mode: 0o600 })
  return paths
}

const pathsOf = (folder: string, name: string): Certificate => ({
  certificate: join(folder, `${name}.crt`),
  key: join(folder, `${name}.key`),
})

const openssl = async (folder: string, args: readonly string[]): Promise<void> => {
  await run('openssl', ['req', '-x509', '-config', join(folder, 'openssl.cnf'), ...NEW_KEY, ...args])
}
