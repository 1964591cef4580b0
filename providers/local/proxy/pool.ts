// The backends of one entry and who is connected to them: fewest connections first, ties in turn. Nothing here is random,
// so equal connections spread evenly. Pure but for the clock that is passed in.
import type { ProxyBackend } from './types.ts'

export interface PoolMember {
  readonly id: string
  readonly host: string
  readonly port: number
  /** Draining, or no longer in the table. */
  leaving: boolean
  active: number
  /** A connection failed: others are preferred until then. */
  suspectUntilMs: number
}

export interface Pool {
  /** Not leaving, not in `tried`; null: there is none. */
  choose(tried: ReadonlySet<string>, nowMs: number): PoolMember | null
  acquire(member: PoolMember): void
  release(member: PoolMember): void
  suspect(member: PoolMember, nowMs: number): void
  replace(backends: readonly ProxyBackend[]): void
  /** Connections of a backend, also of one that is no longer in the table. */
  connections(id: string): number
  size(): number
}

const SUSPECT_MS = 1000

/** -1, 0, 1: whether the first is better. */
const compare = (left: PoolMember, right: PoolMember, nowMs: number): number => {
  const suspect = Number(left.suspectUntilMs > nowMs) - Number(right.suspectUntilMs > nowMs)
  return suspect === 0 ? left.active - right.active : suspect
}

export const createPool = (): Pool => {
  let members: PoolMember[] = []
  /** Still connected although the table lacks them. */
  let former: PoolMember[] = []
  let turn = 0

  return {
    choose: (tried, nowMs) => {
      let best: PoolMember | null = null
      let bestIndex = 0
      for (let step = 0; step < members.length; step += 1) {
        const index = (turn + step) % members.length
        const member = members[index]
        if (member === undefined || member.leaving || tried.has(member.id)) continue
        if (best !== null && compare(member, best, nowMs) >= 0) continue
        best = member
        bestIndex = index
      }
      if (best !== null) turn = (bestIndex + 1) % members.length
      return best
    },
    acquire: (member) => {
      member.active += 1
    },
    release: (member) => {
      member.active -= 1
      if (member.active === 0) former = former.filter((other) => other !== member)
    },
    suspect: (member, nowMs) => {
      member.suspectUntilMs = nowMs + SUSPECT_MS
    },
    replace: (backends) => {
      const old = members
      members = backends.map((backend) => {
        const same = old.find(
          ({ id, host, port }) => id === backend.id && host === backend.host && port === backend.port,
        )
        const member = same ?? {
          id: backend.id,
          host: backend.host,
          port: backend.port,
          leaving: false,
          active: 0,
          suspectUntilMs: 0,
        }
        member.leaving = backend.draining
        return member
      })
      for (const member of old) {
        if (members.includes(member)) continue
        member.leaving = true
        if (member.active > 0) former.push(member)
      }
    },
    connections: (id) =>
      [...members, ...former].reduce((sum, member) => sum + (member.id === id ? member.active : 0), 0),
    size: () => members.length,
  }
}
