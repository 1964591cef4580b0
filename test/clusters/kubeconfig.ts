// Kubeconfig files (JSON is YAML too) with everything inside them, so that one file is enough to act as somebody.
import { readFile, writeFile } from 'node:fs/promises'
import { type Certificate, readPem } from './certificates.ts'

export interface KubeconfigOptions {
  readonly path: string
  /** Names the cluster, the user and the context. */
  readonly name: string
  readonly server: string
  readonly caPath: string
  readonly client: Certificate
  readonly namespace?: string
}

export const writeKubeconfig = async (options: KubeconfigOptions): Promise<string> => {
  const { name, server, namespace } = options
  const { cert, key } = await readPem(options.client)
  const ca = await readFile(options.caPath, 'utf8')
  const content = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster: { server, 'certificate-authority-data': base64(ca) } }],
    users: [{ name, user: { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) } }],
    contexts: [{ name, context: { cluster: name, user: name, ...(namespace === undefined ? {} : { namespace }) } }],
  }
  await writeFile(options.path, JSON.stringify(content, null, 2), { mode: 0o600 })
  return options.path
}

/** For the API server: who tells it to whom a bearer token belongs. */
export const writeWebhookConfig = async (path: string, server: string): Promise<string> => {
  const content = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'webhook',
    clusters: [{ name: 'webhook', cluster: { server } }],
    users: [{ name: 'webhook', user: {} }],
    contexts: [{ name: 'webhook', context: { cluster: 'webhook', user: 'webhook' } }],
  }
  await writeFile(path, JSON.stringify(content))
  return path
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')
