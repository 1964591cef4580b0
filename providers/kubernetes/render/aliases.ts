// Further names of services: aliases in networks, links, container_name and hostname. Each becomes a Service of its own,
// so that it resolves wherever the service's name does.
import type { Service } from '../../../core/model/app.ts'
import type { ServiceSpec, TargetSpec } from '../../../core/model/native-object.ts'
import { dnsName, isDnsName } from '../names.ts'
import type { RenderContext } from './context.ts'
import { byText } from './object.ts'

/** Alias → services that answer to it, both in order of name. */
export const aliasTable = (spec: TargetSpec): ReadonlyMap<string, readonly string[]> => {
  const taken = new Set(spec.app.services.map((service) => dnsName(service.name)))
  const table = new Map<string, Set<string>>()
  const add = (alias: string, service: string): void => {
    if (!isDnsName(alias) || taken.has(alias)) return
    table.set(alias, (table.get(alias) ?? new Set()).add(service))
  }
  for (const s of spec.services) for (const alias of ownNames(s)) add(alias, s.service.name)
  const here = new Set(spec.services.map((s) => s.service.name))
  for (const { service } of spec.services)
    for (const [alias, to] of Object.entries(service.links)) if (here.has(to)) add(alias, to)
  return new Map(
    [...table].sort(([a], [b]) => byText(a, b)).map(([alias, services]) => [alias, [...services].sort(byText)]),
  )
}

/** Names that a service gives itself; a container's name is that of one container. */
export const ownNames = ({ service, count }: ServiceSpec): readonly string[] => [
  ...Object.values(service.networks).flatMap((network) => network.aliases),
  ...(count <= 1 && service.compose.container_name !== undefined ? [service.compose.container_name] : []),
  ...(service.compose.hostname === undefined ? [] : [service.compose.hostname]),
]

const aliasLabel = (alias: string): string => `alias.stormport.dev/${alias}`

/** Selects the service, or by a label of their own the several services that share the name. */
export const aliasSelector = (
  alias: string,
  services: readonly string[],
  selector: (service: string) => Readonly<Record<string, string>>,
): Readonly<Record<string, string>> => {
  const [only] = services
  return services.length === 1 && only !== undefined ? selector(only) : { [aliasLabel(alias)]: 'true' }
}

export const aliasPodLabels = (service: Service, context: RenderContext): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...context.aliases].flatMap(([alias, services]) =>
      services.length > 1 && services.includes(service.name) ? [[aliasLabel(alias), 'true']] : [],
    ),
  )
