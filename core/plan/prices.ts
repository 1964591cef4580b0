// What the planned replicas cost an hour, before and after. Targets without prices are named as not included, never
// counted as free.
import type { App } from '../model/app.ts'
import type { Target } from '../model/fleet.ts'
import type { PlanSummary } from '../model/plan.ts'
import type { PlanContext } from './context.ts'

const GIB = 2 ** 30

/** '<target>/<service>' → USD an hour of one replica, by the target's `prices:` and what the service requests. */
export const replicaPrices = (app: App, targets: readonly Target[]): ReadonlyMap<string, number> => {
  const prices = new Map<string, number>()
  for (const { name, prices: rates } of targets) {
    if (rates === null) continue
    for (const service of app.services) {
      const { cpuMillis, memoryBytes } = service.requests
      const model = service.gpu?.models.find((m) => rates.gpuHour[m] !== undefined)
      const gpu =
        service.gpu === null || model === undefined
          ? 0
          : service.gpu.count * service.gpu.share * (rates.gpuHour[model] ?? 0)
      prices.set(
        `${name}/${service.name}`,
        (cpuMillis / 1000) * rates.cpuHour + (memoryBytes / GIB) * rates.memoryGiBHour + gpu,
      )
    }
  }
  return prices
}

export const priceOf = (context: PlanContext): PlanSummary['priceUsdPerHour'] => {
  const { prices, previous } = context.input
  const priced = new Set([...prices.keys()].map((key) => key.slice(0, key.indexOf('/'))))
  const before = Object.entries(previous).flatMap(([service, by]) =>
    Object.entries(by).map(([target, count]) => ({ service, target, count })),
  )
  const after = [...context.counts].flatMap(([service, by]) =>
    [...by].map(([target, count]) => ({ service, target, count })),
  )
  const sum = (rows: typeof after): number =>
    round(rows.reduce((total, r) => total + r.count * (prices.get(`${r.target}/${r.service}`) ?? 0), 0))
  const used = [...new Set([...before, ...after].filter((r) => r.count > 0).map((r) => r.target))].sort()
  return {
    before: sum(before),
    after: sum(after),
    includes: used.filter((t) => priced.has(t)),
    excludes: used.filter((t) => !priced.has(t)),
    asOf: null,
  }
}

const round = (usd: number): number => Math.round(usd * 10_000) / 10_000
