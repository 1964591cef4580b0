// One writer per app: a coordination Lease in the app's namespace. Times are the API server's own, so that clocks of two
// clients that differ take nothing from each other.
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Lease, LeaseHolder } from '../../core/ports.ts'
import { ensureNamespace } from './app-map.ts'
import { apiVersionOf, LEASE, NAMESPACE, pathOf } from './client/kinds.ts'
import { annotationOf, isGoing, uidOf, versionOf } from './client/metadata.ts'
import type { Cluster } from './cluster.ts'
import { leaseHeld, refusalError } from './errors.ts'
import { commonLabels, dnsLabel, MANAGER } from './names.ts'
import { askOnce } from './once.ts'
import { asObject, numberAt, type RawObject, textAt } from './raw.ts'
import { isMissingNamespace } from './record-store.ts'

export interface LeaseWish {
  readonly app: string
  readonly holder: LeaseHolder
  readonly ttlMs: number
}

const HOLDER = 'stormport.dev/holder'
const TTL = 'stormport.dev/ttl-ms'
const LEASE_MS = 10_000

const soon = (): AbortSignal => AbortSignal.timeout(LEASE_MS)

export const takeLease = async (cluster: Cluster, wish: LeaseWish): Promise<Lease> => {
  const token = randomUUID()
  const { live, nowMs } = await read(cluster, wish)
  if (live !== null && !isFree(live, wish.holder, nowMs)) throw leaseHeld(holderWords(live))
  await write(cluster, { wish, token, live, nowMs })
  return {
    uncontested: live === null,
    renew: () => renew(cluster, wish, token),
    release: () => release(cluster, wish, token),
  }
}

const nameOf = (app: string): string => dnsLabel(`stormport-${app}`)

const pathFor = (cluster: Cluster, app: string): string =>
  pathOf(LEASE, { namespace: cluster.namespace(app), name: nameOf(app) })

interface Seen {
  readonly live: RawObject | null
  readonly nowMs: number
}

const read = async (cluster: Cluster, { app }: LeaseWish): Promise<Seen> => {
  const outcome = await cluster.api.ask({ method: 'GET', path: pathFor(cluster, app) }, soon())
  if (outcome.ok) return { live: asObject(outcome.body), nowMs: outcome.dateMs }
  if (outcome.refusal.status !== 404) throw refusalError(outcome.refusal)
  return { live: null, nowMs: Date.now() }
}

/** Expired, or its process is gone from this very machine. */
const isFree = (live: RawObject, holder: LeaseHolder, nowMs: number): boolean => {
  const renewedMs = Date.parse(textAt(live, 'spec.renewTime') ?? '')
  const ttlMs = Number(annotationOf(live, TTL) ?? (numberAt(live, 'spec.leaseDurationSeconds') ?? 0) * 1000)
  if (textAt(live, 'spec.holderIdentity') === null || Number.isNaN(renewedMs) || nowMs > renewedMs + ttlMs) return true
  const other = holderIn(live)
  return other !== null && other.host === holder.host && other.bootId === holder.bootId && !isRunning(other)
}

const holderIn = (live: RawObject): LeaseHolder | null => {
  try {
    // `write` alone puts it there.
    return JSON.parse(annotationOf(live, HOLDER) ?? 'null') as LeaseHolder | null
  } catch {
    return null
  }
}

/** A zombie counts as gone, and so does another process with the same number. */
const isRunning = ({ pid, startTicks }: LeaseHolder): boolean => {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
    return fields[0] !== 'Z' && fields[19] === startTicks
  } catch {
    return false
  }
}

const holderWords = (live: RawObject): string => {
  const holder = holderIn(live)
  if (holder === null) return textAt(live, 'spec.holderIdentity') ?? 'somebody'
  return `${holder.user}@${holder.host} (${holder.command}, pid ${holder.pid})`
}

interface Write extends Seen {
  readonly wish: LeaseWish
  readonly token: string
}

const write = async (cluster: Cluster, { wish, token, live, nowMs }: Write): Promise<void> => {
  const body = leaseBody(cluster, { wish, token, live, nowMs })
  const path = live === null ? pathOf(LEASE, { namespace: cluster.namespace(wish.app) }) : pathFor(cluster, wish.app)
  const request = { method: live === null ? 'POST' : 'PUT', path, query: { fieldManager: MANAGER }, body } as const
  const isDone = (seen: RawObject): boolean =>
    textAt(seen, 'spec.holderIdentity') === token && textAt(seen, 'spec.renewTime') === textAt(body, 'spec.renewTime')
  const once = { request, path: pathFor(cluster, wish.app), isDone }
  let outcome = await askOnce(cluster, once, soon())
  if (!outcome.ok && live === null && isMissingNamespace(outcome.refusal)) {
    await ensureNamespace(cluster, wish.app, AbortSignal.timeout(90_000))
    outcome = await askOnce(cluster, once, soon())
  }
  if (outcome.ok) return
  if (outcome.refusal.status !== 409) throw refusalError(outcome.refusal)
  const winner = await read(cluster, wish)
  throw leaseHeld(winner.live === null ? 'another command' : holderWords(winner.live))
}

const leaseBody = (cluster: Cluster, { wish, token, live, nowMs }: Write): RawObject => ({
  apiVersion: apiVersionOf(LEASE),
  kind: 'Lease',
  metadata: {
    name: nameOf(wish.app),
    namespace: cluster.namespace(wish.app),
    labels: commonLabels({ app: wish.app, service: null }),
    annotations: { [HOLDER]: JSON.stringify(wish.holder), [TTL]: String(wish.ttlMs) },
    ...(live === null ? {} : { resourceVersion: versionOf(live), uid: uidOf(live) }),
  },
  spec: {
    holderIdentity: token,
    leaseDurationSeconds: Math.max(1, Math.ceil(wish.ttlMs / 1000)),
    // MicroTime.
    renewTime: new Date(nowMs).toISOString().replace('Z', '000Z'),
  },
})

/** A lease that went with its namespace is not lost to anybody: destroy takes the namespace away under it. */
const renew = async (cluster: Cluster, wish: LeaseWish, token: string): Promise<void> => {
  const seen = await read(cluster, wish)
  if (seen.live === null) {
    if (await isNamespaceGoing(cluster, wish.app)) return
    return write(cluster, { ...seen, wish, token })
  }
  if (textAt(seen.live, 'spec.holderIdentity') !== token) throw leaseHeld(holderWords(seen.live))
  await write(cluster, { ...seen, wish, token })
}

const isNamespaceGoing = async (cluster: Cluster, app: string): Promise<boolean> => {
  const name = cluster.namespace(app)
  const found = await cluster.api.find(pathOf(NAMESPACE, { namespace: name, name }), soon())
  return found === null || isGoing(found)
}

const release = async (cluster: Cluster, wish: LeaseWish, token: string): Promise<void> => {
  const { live } = await read(cluster, wish)
  if (live === null || textAt(live, 'spec.holderIdentity') !== token) return
  const body = { preconditions: { uid: uidOf(live), resourceVersion: versionOf(live) } }
  const outcome = await cluster.api.ask({ method: 'DELETE', path: pathFor(cluster, wish.app), body }, soon())
  if (!outcome.ok && ![404, 409].includes(outcome.refusal.status)) throw refusalError(outcome.refusal)
}
