// Fields of a Compose service as verdicts speak of them: whether the file writes one, where it stands, and whether the
// user takes its loss.
import type { Service } from './app.ts'
import type { SourceSpan } from './diagnostic.ts'

/** The value at a path below the service: 'deploy.update_config.order'. */
export const fieldValue = (service: Service, field: string): unknown =>
  field
    .split('.')
    .reduce<unknown>(
      (found, key) => (typeof found === 'object' && found !== null ? Reflect.get(found, key) : undefined),
      service.compose,
    )

/** Defaults that the canonical form spells out say nothing, and neither do empty lists. */
export const isWritten = (service: Service, field: string): boolean => {
  if (field === 'networks') return Object.keys(service.networks).some((key) => key !== 'default')
  const value = fieldValue(service, field)
  if (value === undefined || value === null || value === false || value === '') return false
  return typeof value !== 'object' || Object.keys(value).length > 0
}

/** The field's own place, else that of the nearest key around it. */
export const fieldSpan = (service: Service, field: string): SourceSpan => {
  const parts = field.split('.')
  for (let n = parts.length; n > 0; n--) {
    const span = service.spans[parts.slice(0, n).join('.')]
    if (span !== undefined) return span
  }
  return service.span
}

/** `x-stormport.accept`: 'SP1201', 'SP1201@target', 'SP1201:field' or 'SP1201@target:field' takes a loss that a verdict names. */
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
