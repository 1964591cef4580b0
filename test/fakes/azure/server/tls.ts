// A certificate authority of the test's own and a certificate for loopback, made at start and removed at the end: the
// clients verify TLS as they always do.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAuthority, issue, readPem } from '../../../clusters/certificates.ts'

export interface Tls {
  readonly ca: string
  /** Path of the authority's certificate, for NODE_EXTRA_CA_CERTS of a child process. */
  readonly caFile: string
  readonly cert: string
  readonly key: string
  remove(): Promise<void>
}

export const makeTls = async (): Promise<Tls> => {
  const folder = await mkdtemp(join(tmpdir(), 'fake-azure-'))
  const authority = await createAuthority(folder, 'fake-azure-ca')
  const server = await issue(authority, {
    name: 'server',
    commonName: 'localhost',
    altNames: ['IP:127.0.0.1', 'DNS:localhost'],
  })
  return {
    ca: await readFile(authority.certificate, 'utf8'),
    caFile: authority.certificate,
    ...(await readPem(server)),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}
