// One writer per app and target: a lease with an expiry, taken over at once when its holder is a process of this machine
// that has ended.
import { randomBytes } from 'node:crypto'
import { StormportError } from '../../../core/errors.ts'
import type { LeaseHolder } from '../../../core/ports.ts'
import { isAlive, readBootId } from '../processes.ts'
import type { DaemonClock } from './clock.ts'
import type { Store } from './store.ts'

interface LeaseName {
  readonly target: string
  readonly name: string
}

export interface Leases {
  acquire(key: LeaseName, holder: LeaseHolder, ttlMs: number): { readonly token: string }
  renew(key: LeaseName, token: string): void
  release(key: LeaseName, token: string): void
}

export const createLeases = (store: Store, clock: DaemonClock): Leases => {
  const ttls = new Map<string, number>()
  return {
    acquire: (key, holder, ttlMs) => {
      const held = store.lease(key)
      if (held !== null && held.expiresAt > clock.now() && !isGone(held.holder)) throw conflict(key, held.holder)
      const token = randomBytes(16).toString('hex')
      store.putLease(key, { token, expiresAt: clock.now() + ttlMs, holder })
      ttls.set(token, ttlMs)
      return { token }
    },
    renew: (key, token) => {
      const held = store.lease(key)
      if (held === null || held.token !== token) throw conflict(key, held?.holder ?? null)
      store.putLease(key, { ...held, expiresAt: clock.now() + (ttls.get(token) ?? DEFAULT_TTL_MS) })
    },
    release: (key, token) => {
      if (store.lease(key)?.token === token) store.removeLease(key)
      ttls.delete(token)
    },
  }
}

/** The engine's own lease time, for a lease that an earlier daemon gave. */
const DEFAULT_TTL_MS = 15_000

const isGone = (holder: LeaseHolder): boolean =>
  holder.bootId !== '' && holder.bootId === readBootId() && !isAlive(holder.pid, holder.startTicks)

const conflict = ({ name, target }: LeaseName, holder: LeaseHolder | null): StormportError =>
  new StormportError(
    'Conflict',
    holder === null
      ? `the lock of ${name} was lost`
      : `${holder.user}@${holder.host} holds it (pid ${holder.pid}: ${holder.command})`,
    {
      diagnostic: 'SP4024',
      source: 'target',
      target,
      retry: 'later',
      retryAfterMs: 250,
      hint: 'wait for the other command',
      ...(holder === null ? {} : { cause: holder }),
    },
  )
