// Services that a local target cannot run at all. On a target without engine that is every service that may not run as a
// host process; all of them are named at once.
import type { App } from '../../core/model/app.ts'
import type { Target } from '../../core/model/fleet.ts'
import { runsAsProcess } from '../../core/model/host-process.ts'
import type { TargetFacts } from '../../core/model/replica.ts'

export interface ServiceRefusal {
  readonly code: string
  readonly reason: string
  readonly hint: string
}

export const refusals = (target: Target, facts: TargetFacts, app: App): Readonly<Record<string, ServiceRefusal>> => {
  if ((target.local?.driver ?? facts.driver) !== 'process') return {}
  const needing = app.services.filter((service) => !runsAsProcess(service, target, facts))
  return Object.fromEntries(needing.map((service) => [service.name, needsEngine(service.name, target)]))
}

const needsEngine = (service: string, target: Target): ServiceRefusal => ({
  code: 'SP1221',
  reason: `${service} needs a container engine, and none answers on ${target.name}`,
  hint: 'start an engine (Docker or Podman), or let the service run as a host process: x-stormport: { process: true }',
})
