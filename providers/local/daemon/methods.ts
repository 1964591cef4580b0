// The daemon's answers, one function a request of the protocol.

import type { Capacity } from '../../../core/model/resources.ts'
import type { Check } from '../../../core/ports.ts'
import type { CallName, Calls, DaemonInfo, TargetRef } from '../protocol.ts'
import { nodeCapacity } from './capacity.ts'
import type { ControlPlane } from './control-plane.ts'
import { applyDesired } from './desired.ts'
import type { Leases } from './leases.ts'
import { type Alloc, isLive } from './model.ts'
import { observeApp } from './observe.ts'
import { forgetApp, retainSecrets } from './retention.ts'
import type { AppKey } from './store.ts'
import { appEntries } from './store-at-rest.ts'

export interface MethodDeps {
  readonly plane: ControlPlane
  readonly leases: Leases
  readonly info: () => DaemonInfo
  readonly shutdown: (all: boolean) => Promise<void>
}

export type Methods = {
  readonly [M in CallName]: (
    params: Calls[M]['params'],
    signal: AbortSignal,
  ) => Promise<Calls[M]['result']> | Calls[M]['result']
}

const keyOf = ({ target, app }: { readonly target: TargetRef; readonly app: string }): AppKey => ({
  target: target.name,
  app,
})

export const createMethods = (deps: MethodDeps): Methods => ({
  info: () => deps.info(),
  shutdown: async (params) => {
    await deps.shutdown(params?.all ?? false)
    return null
  },
  ...targetMethods(deps.plane),
  ...recordMethods(deps.plane),
  ...leaseMethods(deps.leases),
})

const targetMethods = (
  plane: ControlPlane,
): Pick<Methods, 'observe' | 'capacity' | 'check' | 'apply' | 'metrics' | 'apps'> => ({
  observe: async (params, signal) =>
    observeApp(keyOf(params), await plane.targets.open(params.target, signal), plane.kit),
  capacity: async ({ target }, signal) => {
    await plane.targets.open(target, signal)
    return capacityOf(target.name, plane)
  },
  check: async ({ target }, signal) => {
    await plane.targets.open(target, signal)
    return checksOf(target.name, plane, signal)
  },
  apply: async (params, signal) => {
    await plane.targets.open(params.target, signal)
    return applyDesired(params, plane.kit, signal)
  },
  metrics: async (params, signal) => {
    await plane.targets.open(params.target, signal)
    return samplesOf(keyOf(params), plane, signal)
  },
  apps: () => appEntries(plane.ledger.store.heads()),
})

type RecordMethod =
  | 'head'
  | 'readRelease'
  | 'writeRelease'
  | 'setHead'
  | 'removeRecords'
  | 'history'
  | 'appendHistory'
  | 'secretKey'

const recordMethods = (plane: ControlPlane): Pick<Methods, RecordMethod> => {
  const { store } = plane.ledger
  return {
    head: (params) => store.head(keyOf(params)),
    readRelease: (params) => store.release({ ...keyOf(params), number: params.number }),
    writeRelease: (params) => {
      store.putRelease({ ...keyOf(params), number: params.number }, params.release)
      return null
    },
    setHead: (params) => {
      const key = keyOf(params)
      store.atomically(() => {
        store.setHead(key, params.head, params.expectedVersion)
        // Releases that the head has dropped go; one that was written just before its head stays.
        const kept = new Set(params.head.releases.map((r) => r.number))
        for (const number of store.releases(key))
          if (!kept.has(number) && number < (params.head.current ?? 0)) store.removeRelease({ ...key, number })
      })
      retainSecrets(key, plane.kit)
      plane.ledger.touch(key)
      return null
    },
    removeRecords: (params) => {
      const key = keyOf(params)
      store.atomically(() => store.removeRecords(key))
      forgetApp(key, plane.kit)
      plane.ledger.touch(key)
      return null
    },
    history: (params) => store.history(keyOf(params)),
    appendHistory: (params) => {
      store.appendHistory(keyOf(params), params.entry)
      return null
    },
    secretKey: (params) => plane.kit.secrets.key(keyOf(params), params.create),
  }
}

const leaseMethods = (leases: Leases): Pick<Methods, 'acquireLease' | 'renewLease' | 'releaseLease'> => ({
  acquireLease: ({ target, name, holder, ttlMs }) => leases.acquire({ target: target.name, name }, holder, ttlMs),
  renewLease: ({ target, name, token }) => {
    leases.renew({ target: target.name, name }, token)
    return null
  },
  releaseLease: ({ target, name, token }) => {
    leases.release({ target: target.name, name }, token)
    return null
  },
})

const capacityOf = (target: string, plane: ControlPlane): Capacity => {
  const nodes = plane.nodes.nodesOf(target)
  const engineOf = (alloc: Alloc): string | null => plane.nodes.node(alloc.target, alloc.node)?.engine.key ?? null
  const known = nodes.flatMap((node) => {
    const volumes = plane.ledger
      .objects()
      .flatMap((o) => (o.kind === 'volume' && o.target === target && node.name in o.nodes ? [o.name] : []))
    return nodeCapacity(node, { allocs: plane.ledger.allocs(), leaving: new Set(), engineOf, volumes }) ?? []
  })
  return known.length > 0
    ? { kind: 'known', nodes: known }
    : {
        kind: 'unknown',
        because: nodes.map((n) => `${n.name}: ${n.engine.because() ?? 'it does not answer'}`).join('; '),
      }
}

const checksOf = async (target: string, plane: ControlPlane, signal: AbortSignal): Promise<readonly Check[]> => {
  const nodes = plane.nodes.nodesOf(target)
  await Promise.all(nodes.map((n) => plane.nodes.probe(n.engine, signal)))
  return nodes.flatMap((node) => {
    const facts = node.engine.facts()
    const first: Check = node.engine.reachable()
      ? {
          name: `node ${node.name}`,
          ok: true,
          message: `${facts?.driver ?? node.engine.kind} ${facts?.version ?? ''} on ${facts?.os ?? ''}/${facts?.arch ?? ''}`,
        }
      : {
          name: `node ${node.name}`,
          ok: false,
          message: node.engine.because() ?? 'it does not answer',
          hint: 'start the engine, or set DOCKER_HOST to one that answers',
        }
    return [
      first,
      ...(facts?.warnings ?? []).map((message): Check => ({ name: `node ${node.name}`, ok: true, message })),
    ]
  })
}

const samplesOf = async (key: AppKey, plane: ControlPlane, signal: AbortSignal) => {
  const allocs = plane.ledger
    .allocs()
    .filter((a) => a.target === key.target && a.app === key.app && isLive(a) && a.state === 'running')
  const at = new Date(plane.kit.clock.now()).toISOString()
  const samples = await Promise.all(
    allocs.map(async (alloc) => {
      const stats = await plane.nodes.node(alloc.target, alloc.node)?.engine.driver.stats(alloc.id, signal)
      return stats ? [{ replica: alloc.id, service: alloc.service, at, ...stats }] : []
    }),
  )
  return samples.flat()
}
