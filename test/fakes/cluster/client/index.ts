// The provider of the fake cluster: deliberately unlike the local pool, so that the contract is held by two.
import { isStormportError, StormportError } from '../../../../core/errors.ts'
import type { Target } from '../../../../core/model/fleet.ts'
import { NOTHING_THERE, type Sample } from '../../../../core/model/replica.ts'
import type { Capacity } from '../../../../core/model/resources.ts'
import type { Check, Provider } from '../../../../core/ports.ts'
import { sampleNode } from '../../../builders/schedule.ts'
import type { StoredObject } from '../server/store.ts'
import { apply } from './apply.ts'
import { events } from './events.ts'
import { apiOf } from './http.ts'
import { facts, observe } from './observe.ts'
import { appsOf, recordsOf, takeLease } from './records.ts'
import { namespaceOf, renderObjects } from './render.ts'
import { exec, logs, watch } from './streams.ts'

export const createFakeProvider = (): Provider => ({
  kind: 'fake',
  capabilities: {
    maxInFlight: 8,
    slots: false,
    features: {
      apply: 'native',
      watch: 'native',
      logs: 'native',
      events: 'native',
      exec: 'native',
      metrics: 'native',
      foreign: 'native',
      drift: 'native',
      partial: 'native',
      unreachable: 'native',
      jobs: 'none',
      autoscale: 'none',
    },
  },
  check: (target, signal) => check(target, signal),
  observe: (target, app, signal) => observeOr(target, app, signal),
  capacity,
  offerings: () => Promise.resolve([]),
  assumedFacts: () => facts(null),
  refusals: () => ({}),
  verdicts: () => [],
  render: renderObjects,
  replaces: (live, want) =>
    live.kind === 'PersistentVolumeClaim' && live.hash !== want.hash
      ? { because: 'a claim cannot be changed in place' }
      : undefined,
  apply,
  watch,
  logs,
  events,
  exec: (target, app, replica, argv, io, signal) => exec(target, { app, replica, argv, io }, signal),
  metrics,
  records: recordsOf,
  apps: appsOf,
  lease: (target, name, holder, ttlMs) => takeLease(target, name, { holder, ttlMs }),
  close: () => Promise.resolve(),
})

const observeOr: Provider['observe'] = async (target, app, signal) => {
  try {
    return await observe(target, app, signal)
  } catch (error) {
    if (!isStormportError(error) || error.code !== 'Unreachable') throw error
    return {
      identity: '',
      reachable: false,
      complete: false,
      because: error.message,
      observedAt: new Date().toISOString(),
      facts: facts(null),
      ...NOTHING_THERE,
    }
  }
}

const check = async (target: Target, signal: AbortSignal): Promise<readonly Check[]> => {
  try {
    const seen = await apiOf(target).get<{ version: string }>('/version', signal)
    return [{ name: 'reachable', ok: true, message: `answers as ${seen?.version ?? 'unknown'}` }]
  } catch (error) {
    if (!(error instanceof StormportError)) throw error
    return [{ name: 'reachable', ok: false, message: error.message, hint: 'start the server or correct `server:`' }]
  }
}

const capacity = async (target: Target, signal: AbortSignal): Promise<Capacity> => {
  const nodes = await apiOf(target).get<{ items: readonly StoredObject[] }>('/all/Node', signal)
  if (nodes === null) return { kind: 'unknown', because: 'nodes cannot be listed' }
  return { kind: 'known', nodes: nodes.items.map(nodeOf) }
}

const nodeOf = ({ name, spec }: StoredObject) =>
  sampleNode(name, { total: { cpuMillis: Number(spec['cpuMillis']), memoryBytes: Number(spec['memoryBytes']) } })

interface PodUse {
  readonly pod: string
  readonly service: string
  readonly cpuMillis: number
  readonly memoryBytes: number
}

const metrics: Provider['metrics'] = async (target, app, signal): Promise<readonly Sample[]> => {
  const seen = await apiOf(target).get<{ items: readonly PodUse[] }>(`/metrics/${namespaceOf(target, app)}`, signal)
  const at = new Date().toISOString()
  return (seen?.items ?? []).map((m) => ({
    replica: m.pod,
    service: m.service,
    at,
    cpuMillis: m.cpuMillis,
    memoryBytes: m.memoryBytes,
  }))
}
