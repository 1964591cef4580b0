// What replicas use now, beside what the release in force asks for and allows.
import type { Service } from '../model/app.ts'
import type { EngineDeps } from './api.ts'
import type { Observed } from './observe.ts'
import { newestRelease } from './records.ts'
import type { Amounts, MetricsReport, Usage } from './reports.ts'
import { type Asked, lookAt, partly } from './status.ts'

export const metricsOf = async (asked: Asked, deps: EngineDeps, signal: AbortSignal): Promise<MetricsReport> => {
  const all = await lookAt(asked, deps, signal)
  const observed = all.filter((o) => o.state.reachable)
  const [newest, lists] = await Promise.all([
    newestRelease(observed, asked.subject.app),
    Promise.all(observed.map((o) => samplesOf(o, asked.subject.app, signal))),
  ])
  const services = new Map(newest?.app.services.map((s) => [s.name, s]) ?? [])
  return {
    samples: lists.flat().map((sample) => ({ ...sample, ...amountsOf(services.get(sample.service)) })),
    ...partly(all),
  }
}

const samplesOf = async (
  o: Observed,
  app: string,
  signal: AbortSignal,
): Promise<readonly Omit<Usage, 'requests' | 'limits'>[]> => {
  const samples = await o.provider.metrics(o.target, app, signal)
  const slots = new Map(o.state.replicas.map((r) => [r.id, r.slot]))
  return samples.map((s) => ({ ...s, target: o.target.name, slot: slots.get(s.replica) ?? null }))
}

const NOTHING: Amounts = { cpuMillis: null, memoryBytes: null }

/** Amounts that the file does not state are counted for placing, but nobody asked for them. */
const amountsOf = (service: Service | undefined): Pick<Usage, 'requests' | 'limits'> => {
  if (service === undefined) return { requests: NOTHING, limits: NOTHING }
  const { requests, limits, stated } = service
  return {
    requests: {
      cpuMillis: stated.cpu ? requests.cpuMillis : null,
      memoryBytes: stated.memory ? requests.memoryBytes : null,
    },
    limits: { cpuMillis: limits.cpuMillis, memoryBytes: limits.memoryBytes },
  }
}
