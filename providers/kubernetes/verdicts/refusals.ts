// Services that a cluster cannot run at all, all of them at once: placing sends them elsewhere.
import type { App, Service } from '../../../core/model/app.ts'
import type { Target } from '../../../core/model/fleet.ts'
import type { TargetFacts } from '../../../core/model/replica.ts'

export interface ServiceRefusal {
  readonly code: string
  readonly reason: string
  readonly hint: string
}

export const refusals = (target: Target, facts: TargetFacts, app: App): Readonly<Record<string, ServiceRefusal>> =>
  Object.fromEntries(
    app.services.flatMap((service) => {
      const refusal = refusalOf(service, target, facts)
      return refusal === null ? [] : [[service.name, refusal] as const]
    }),
  )

const refusalOf = (service: Service, target: Target, facts: TargetFacts): ServiceRefusal | null => {
  if (service.image === null && service.build === null)
    return {
      code: 'SP1221',
      reason: `${service.name} has no image, so it runs as a host process only`,
      hint: 'give it an image, or name the targets that may run it: x-stormport: { targets: [...] }',
    }
  const wanted = service.compose.platform?.split('/') ?? []
  const foreign = wanted.find((part) => part === 'windows')
  if (foreign !== undefined && !facts.os.includes(foreign))
    return {
      code: 'SP1201',
      reason: `${service.name} wants ${foreign} nodes, and ${target.name} has none`,
      hint: 'take platform out, or choose another target',
    }
  return null
}
