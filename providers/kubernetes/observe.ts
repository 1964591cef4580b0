// One look at an app on a cluster: about twenty requests, all at once. Nobody answering is an error for the caller to name;
// a namespace that is not there is an empty, complete answer.
import { createHash } from 'node:crypto'
import type { Head } from '../../core/model/release.ts'
import type { TargetState } from '../../core/model/replica.ts'
import type { Cluster } from './cluster.ts'
import { kubeSystemUid, observeFacts, readNodes } from './cluster-facts.ts'
import { nodeAddress } from './endpoints.ts'
import { isForbidden } from './errors.ts'
import type { RawObject } from './raw.ts'
import { readHead, readSecretKey } from './records.ts'
import { type Read, readNamespace } from './snapshot.ts'
import { viewOf } from './view.ts'

export const observe = async (cluster: Cluster, app: string, signal: AbortSignal): Promise<TargetState> => {
  const [read, identity, head, secretKey] = await Promise.all([
    readNamespace(cluster, app, signal),
    identityOf(cluster, app, signal),
    unlessForbidden<Head>(readHead(cluster, app, signal)),
    unlessForbidden<string>(readSecretKey(cluster, app, signal)),
  ])
  const [facts, nodes] = await Promise.all([
    observeFacts(cluster, { app, namespace: namespaceIn(read) }, signal),
    readNodes(cluster, signal),
  ])
  const missing = [...read.missing, ...(head === FORBIDDEN || secretKey === FORBIDDEN ? ['secrets'] : [])]
  const nowMs = Date.now()
  return {
    identity,
    reachable: true,
    complete: missing.length === 0,
    because:
      missing.length === 0
        ? null
        : `not allowed to read ${[...new Set(missing)].join(', ')} in namespace ${cluster.namespace(app)}`,
    observedAt: new Date(nowMs).toISOString(),
    facts,
    ...viewOf(read, { app, target: cluster.target.name, nowMs, node: nodeAddress(nodes ?? []) }),
    head: head === FORBIDDEN ? null : head,
    secretKey: secretKey === FORBIDDEN ? null : secretKey,
    diagnostics: [],
  }
}

const FORBIDDEN = Symbol('forbidden')

const unlessForbidden = async <T>(read: Promise<T | null>): Promise<T | null | typeof FORBIDDEN> => {
  try {
    return await read
  } catch (error) {
    if (isForbidden(error)) return FORBIDDEN
    throw error
  }
}

const namespaceIn = (read: Read): RawObject | null => read.objects.find((o) => o['kind'] === 'Namespace') ?? null

/** Who may not read kube-system knows the cluster by its certificate authority and address. */
const identityOf = async (cluster: Cluster, app: string, signal: AbortSignal): Promise<string> => {
  const uid = await kubeSystemUid(cluster, signal)
  const { ca, server } = cluster.api.access
  const place =
    uid ??
    createHash('sha256')
      .update(ca ?? server)
      .digest('hex')
      .slice(0, 32)
  return `${place}/${cluster.namespace(app)}`
}
