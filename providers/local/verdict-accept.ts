// `x-stormport.accept`: 'SP1201', 'SP1201@target', 'SP1201:field' or 'SP1201@target:field' takes a loss that a verdict names.
import type { Service } from '../../core/model/app.ts'

/** Limits that this machine cannot enforce on host processes. */
export const BEST_EFFORT_LIMITS = 'SP1220'

export const isAccepted = (
  service: Service,
  code: string,
  where: { readonly target: string; readonly field: string },
): boolean =>
  service.extension.accept.some((entry) => {
    const parts = /^([A-Z]+\d+)(?:@([^:]+))?(?::(.+))?$/.exec(entry)
    if (parts === null || parts[1] !== code) return false
    return (parts[2] === undefined || parts[2] === where.target) && (parts[3] === undefined || parts[3] === where.field)
  })
