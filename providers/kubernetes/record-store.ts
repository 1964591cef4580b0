// Small documents in Secrets, read by name: written once (immutable), or by compare-and-set on resourceVersion.
import { gunzipSync, gzipSync } from 'node:zlib'
import { ensureNamespace } from './app-map.ts'
import { pathOf, SECRET } from './client/kinds.ts'
import { versionOf } from './client/metadata.ts'
import type { Cluster } from './cluster.ts'
import { isMissing, lostRace, refusalError } from './errors.ts'
import { commonLabels, MANAGER } from './names.ts'
import { askOnce } from './once.ts'
import { field, type RawObject, textAt } from './raw.ts'

export interface StoredDocument {
  readonly text: string
  /** null: there was none. */
  readonly version: string | null
}

export interface DocumentAt {
  readonly app: string
  readonly name: string
}

const TYPE = 'stormport.dev/record'
const PLAIN_BYTES = 4_096

export const readSecret = (
  cluster: Cluster,
  { app, name }: DocumentAt,
  signal: AbortSignal,
): Promise<RawObject | null> => cluster.api.find(pathOf(SECRET, { namespace: cluster.namespace(app), name }), signal)

export const documentIn = (secret: RawObject): Buffer => {
  const data = Buffer.from(textAt(secret, 'data.document') ?? '', 'base64')
  return field(secret, 'data.gzip') === undefined ? data : gunzipSync(data)
}

export const readDocument = async (
  cluster: Cluster,
  at: DocumentAt,
  signal: AbortSignal,
): Promise<StoredDocument | null> => {
  const secret = await readSecret(cluster, at, signal)
  return secret === null ? null : { text: documentIn(secret).toString('utf8'), version: versionOf(secret) }
}

export interface Writing extends DocumentAt {
  readonly text: string
  /** resourceVersion that it must still have; null: there must be none. */
  readonly version: string | null
}

/** A lost race is 'Conflict'. */
export const writeDocument = async (cluster: Cluster, write: Writing, signal: AbortSignal): Promise<void> => {
  const plain = Buffer.from(write.text, 'utf8')
  const zipped = plain.length > PLAIN_BYTES
  const data = {
    document: (zipped ? gzipSync(plain) : plain).toString('base64'),
    ...(zipped ? { gzip: Buffer.from('1').toString('base64') } : {}),
  }
  await putSecret(cluster, { at: write, data, version: write.version, immutable: false }, signal)
}

export interface SecretWrite {
  readonly at: DocumentAt
  readonly data: Readonly<Record<string, string>>
  readonly version: string | null
  readonly immutable: boolean
}

export const putSecret = async (cluster: Cluster, write: SecretWrite, signal: AbortSignal): Promise<void> => {
  const { app, name } = write.at
  const namespace = cluster.namespace(app)
  const body = {
    apiVersion: 'v1',
    kind: 'Secret',
    type: TYPE,
    metadata: {
      name,
      namespace,
      labels: commonLabels({ app, service: null }),
      ...(write.version === null ? {} : { resourceVersion: write.version }),
    },
    data: write.data,
    ...(write.immutable ? { immutable: true } : {}),
  }
  if (write.version === null) return create(cluster, { write, body }, signal)
  const path = pathOf(SECRET, { namespace, name })
  const request = { method: 'PUT', path, query: { fieldManager: MANAGER }, body } as const
  const outcome = await askOnce(cluster, { request, path, isDone: holds(write.data) }, signal)
  if (outcome.ok) return
  throw [404, 409].includes(outcome.refusal.status) ? lostRace(name) : refusalError(outcome.refusal)
}

const create = async (
  cluster: Cluster,
  { write, body }: { readonly write: SecretWrite; readonly body: unknown },
  signal: AbortSignal,
): Promise<void> => {
  const { app, name: what } = write.at
  const namespace = cluster.namespace(app)
  const request = {
    method: 'POST',
    path: pathOf(SECRET, { namespace }),
    query: { fieldManager: MANAGER },
    body,
  } as const
  const post = { request, path: pathOf(SECRET, { namespace, name: what }), isDone: holds(write.data) }
  const post1 = await askOnce(cluster, post, signal)
  if (post1.ok) return
  if (isMissingNamespace(post1.refusal)) {
    await ensureNamespace(cluster, app, signal)
    const post2 = await askOnce(cluster, post, signal)
    if (post2.ok) return
    throw post2.refusal.status === 409 ? lostRace(what) : refusalError(post2.refusal)
  }
  throw post1.refusal.status === 409 ? lostRace(what) : refusalError(post1.refusal)
}

const holds =
  (data: SecretWrite['data']) =>
  (live: RawObject): boolean =>
    textAt(live, 'data.document') === data['document']

/** Not there, or on its way out: ensureNamespace waits for that. */
export const isMissingNamespace = (refusal: { readonly status: number; readonly body: unknown }): boolean =>
  refusal.status === 404 || (refusal.status === 403 && isTerminating(refusal.body))

const isTerminating = (body: unknown): boolean => /because it is being terminated/.test(textAt(body, 'message') ?? '')

export const removeSecret = async (cluster: Cluster, { app, name }: DocumentAt, signal: AbortSignal): Promise<void> => {
  try {
    await cluster.api.send(
      { method: 'DELETE', path: pathOf(SECRET, { namespace: cluster.namespace(app), name }) },
      signal,
    )
  } catch (error) {
    if (!isMissing(error)) throw error
  }
}
