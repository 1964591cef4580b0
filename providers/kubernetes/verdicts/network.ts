// Names, ports and networks: fields whose verdict depends on what they say.
import { isIP } from 'node:net'
import type { Network } from '../../../core/model/app.ts'
import { isDnsName } from '../names.ts'
import { nameOf, type RenderContext } from '../render/context.ts'
import { exposedPort } from '../render/expose.ts'
import { internalPorts, isLoopback, publishedPorts } from '../render/ports.ts'
import { bareHost } from '../render/reach.ts'
import { routeKind } from '../render/route-kind.ts'
import { isNodePort } from '../render/services.ts'
import { about, coded, type Finding, type Judged, noted, type Rule, refused, when } from './finding.ts'

const serviceName: Rule = ({ service, context }) => {
  const name = nameOf(service)
  if (name === service.name) return []
  const callers = context.spec.app.services
    .filter((s) => s.mentions.includes(service.name) || Object.keys(s.links).includes(service.name))
    .map((s) => s.name)
  if (callers.length === 0) return [about('', `it is called ${name} on a cluster`)]
  return [
    coded(
      'SP1250',
      refused(
        '',
        `${callers.join(', ')} call it ${service.name}, which no cluster can resolve`,
        `rename it to ${name}`,
      ),
    ),
  ]
}

const uniqueName: Rule = ({ service, context }) => {
  const twin = othersCalled(nameOf(service), service.name, context)
  return when(twin !== undefined, () =>
    coded('SP1251', refused('', `it and ${twin} would both be called ${nameOf(service)}`, 'rename one of them')),
  )
}

/** Another service of the app that a cluster would call so. */
const othersCalled = (name: string, own: string, context: RenderContext): string | undefined =>
  context.owners.get(name)?.find((other) => other !== own)

const unresolvable = (field: string, name: string): Finding =>
  coded(
    'SP1250',
    refused(field, `${field}: no cluster can resolve the name ${name}`, 'use small letters, digits and hyphens'),
  )

const aliases: Rule = (judged) => {
  const { service } = judged
  const own = Object.values(service.networks).flatMap((network) => network.aliases)
  const linked = Object.keys(service.links)
  return [
    ...own.filter((name) => !isDnsName(name)).map((name) => unresolvable('networks', name)),
    ...own.flatMap((name) => taken('networks', name, judged)),
    ...linked
      .filter((name) => !isDnsName(name) && service.links[name] !== name)
      .map((name) => unresolvable('links', name)),
    ...Object.entries(service.links)
      .filter(([alias, to]) => alias !== to)
      .map(([alias, to]) => about('links', `links: ${alias} resolves to ${to} for every service`)),
    ...Object.entries(service.links)
      .filter(([alias, to]) => alias !== to)
      .flatMap(([alias]) => taken('links', alias, judged)),
  ]
}

const taken = (field: string, alias: string, { service, context }: Judged): readonly Finding[] => {
  const owner = othersCalled(alias, service.name, context)
  return when(owner !== undefined, () =>
    coded('SP1251', refused(field, `${field}: ${alias} is the name of service ${owner}`, 'choose another alias')),
  )
}

const ownNames: Rule = ({ s, service, context }) => {
  const { container_name: container, hostname } = service.compose
  const isFree = (name: string): boolean => othersCalled(name, service.name, context) === undefined
  const unused = container !== undefined && (!isDnsName(container) || s.count > 1 || !isFree(container))
  return [
    ...when(unused && container !== nameOf(service), () =>
      about(
        'container_name',
        `container_name: ${container} does not resolve; the service is called ${nameOf(service)}`,
      ),
    ),
    ...when(hostname !== undefined && !isDnsName(hostname), () =>
      about('hostname', `hostname: ${hostname} cannot be the name of a pod and is left out`),
    ),
  ]
}

const MOST_PORTS = 100

const ports: Rule = ({ service, context }) => {
  const { publish } = context.target
  return [
    ...when(internalPorts(service).length > MOST_PORTS, () =>
      refused('ports', `ports: more than ${MOST_PORTS} ports of one Service`, 'name the ports that are needed'),
    ),
    ...when(service.ports.some(isLoopback), () =>
      about('ports', 'ports: what is bound to the loopback address is reached from inside the cluster only'),
    ),
    ...when(
      service.ports.some((p) => p.hostIp !== null && !isLoopback(p) && !/^(?:0\.0\.0\.0|::)$/.test(p.hostIp)),
      () => about('ports', 'ports: a cluster has no address of the host, so the one given does not apply'),
    ),
    ...when(
      service.ports.some((p) => p.publishedRange !== null),
      () => about('ports', 'ports: of a range to choose from the port of the container is taken'),
    ),
    ...when(publish === 'nodePort' && publishedPorts(service).some((p) => !isNodePort(p.published ?? 0)), () =>
      about('ports', 'ports: nodes open ports from 30000 to 32767 only, so the cluster picks one'),
    ),
    ...when(
      (publish === 'private' || publish === 'public') &&
        context.facts.loadBalancer === false &&
        publishedPorts(service).length > 0,
      () =>
        coded(
          'SP1257',
          refused('ports', `ports: publish is ${publish}, and the cluster has no load balancers`, 'publish: nodePort'),
        ),
    ),
  ]
}

const MACHINE_DRIVERS = ['macvlan', 'ipvlan', 'host']

const networks: Rule = ({ service, context }) => [
  ...context.spec.app.networks.filter((network) => network.key in service.networks).flatMap(networkFindings),
  ...Object.entries(service.compose.networks ?? {}).flatMap(([key, attachment]) =>
    attachmentFindings(key, attachment ?? {}),
  ),
]

const networkFindings = ({ key, external, compose }: Network): readonly Finding[] => {
  if (external)
    return [
      coded(
        'SP1255',
        refused(
          'networks',
          `networks: ${key} is external, and no cluster has it`,
          'reach what is there by x-stormport.reach',
        ),
      ),
    ]
  if (MACHINE_DRIVERS.includes(compose.driver ?? ''))
    return [
      coded(
        'SP1255',
        refused(
          'networks',
          `networks: ${key} is a ${compose.driver} network of a machine`,
          'declare it without driver',
        ),
      ),
    ]
  const ignored = ['driver', 'driver_opts', 'ipam', 'attachable', 'enable_ipv4', 'enable_ipv6'].filter((name) =>
    isSet(compose[name]),
  )
  return when(ignored.length > 0 && compose.driver !== 'bridge', () =>
    about('networks', `networks: ${ignored.join(', ')} of ${key} have no meaning on a cluster`),
  )
}

const FIXED = ['ipv4_address', 'ipv6_address', 'mac_address']
const UNUSED = ['priority', 'gw_priority', 'interface_name', 'link_local_ips', 'driver_opts']

const attachmentFindings = (key: string, attachment: Readonly<Record<string, unknown>>): readonly Finding[] => {
  const fixed = FIXED.filter((name) => isSet(attachment[name]))
  const unused = UNUSED.filter((name) => isSet(attachment[name]))
  return [
    ...when(fixed.length > 0, () =>
      refused(
        'networks',
        `networks: ${fixed.join(', ')} in ${key}; the cluster gives addresses`,
        'call services by their names',
      ),
    ),
    ...when(unused.length > 0, () =>
      about('networks', `networks: ${unused.join(', ')} in ${key} have no meaning on a cluster`),
    ),
  ]
}

const isSet = (value: unknown): boolean =>
  value !== undefined &&
  value !== null &&
  value !== '' &&
  value !== false &&
  (typeof value !== 'object' || Object.keys(value).length > 0)

const networkMode: Rule = ({ service }) => {
  const mode = service.compose.network_mode ?? ''
  if (/^(?:service|container):/.test(mode))
    return [
      coded(
        'SP1203',
        refused(
          'network_mode',
          'network_mode shares with one fixed container, and replicas come and go',
          'put both programs into one service',
        ),
      ),
    ]
  if (mode === 'none') return [about('network_mode', 'network_mode: a NetworkPolicy lets nothing in or out')]
  return when(!['', 'bridge', 'default', 'host'].includes(mode), () =>
    refused('network_mode', `network_mode: no cluster has ${mode}`, 'use networks'),
  )
}

const hosts: Rule = ({ service }) =>
  (service.compose.extra_hosts ?? []).flatMap((line) => {
    const address = line.slice(line.search(/[=:]/) + 1).replace(/^\[|\]$/g, '')
    return when(isIP(address) === 0, () =>
      refused(
        'extra_hosts',
        `extra_hosts: ${address} is no address that a pod could reach`,
        'give an IP address, or use x-stormport.reach',
      ),
    )
  })

const reach: Rule = ({ s }) =>
  Object.entries(s.reach)
    .filter(([host, address]) => isIP(bareHost(address)) === 0 && !isDnsName(host))
    .map(([host]) => unresolvable('x-stormport.reach', host))

const outside: Rule = ({ service, context }) => {
  const field = 'x-stormport.expose'
  if (service.extension.expose.length === 0) return []
  if (service.kind !== 'service')
    return [coded('SP1257', refused(field, 'expose: a job is not reached by anybody', 'take expose out'))]
  const portless = service.extension.expose.filter((expose) => exposedPort(service, expose) === null)
  const how = routeKind(context)
  if (how.kind === 'none') return [coded('SP1257', refused(field, `expose: ${how.because}`, how.hint))]
  const tls = service.extension.expose.some((expose) => expose.tls !== null)
  return [
    ...portless.map(({ host }) =>
      coded(
        'SP1257',
        refused(
          field,
          `expose: the service declares no TCP port for ${host}`,
          'write ports, expose, or the port of the entry',
        ),
      ),
    ),
    noted('SP1256', field, `expose: by ${WORDS[how.kind]}, because ${how.because}`),
    ...when(tls && how.kind === 'gateway', () => about(field, "expose: TLS ends at the Gateway's own listener")),
    ...when(tls && (how.kind === 'loadBalancer' || how.kind === 'nodePort'), () =>
      about(field, 'expose: nothing before the service ends TLS, so it must speak it itself'),
    ),
    ...when(how.kind === 'loadBalancer' || how.kind === 'nodePort', () =>
      about(field, 'expose: host and path are not looked at on the way'),
    ),
  ]
}

const WORDS = {
  gateway: 'an HTTPRoute',
  ingress: 'an Ingress',
  loadBalancer: 'a load balancer',
  nodePort: 'a port of every node',
} as const

export const networkRules: readonly Rule[] = [
  serviceName,
  uniqueName,
  aliases,
  ownNames,
  ports,
  networks,
  networkMode,
  hosts,
  reach,
  outside,
]
