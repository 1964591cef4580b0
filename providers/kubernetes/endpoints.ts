// Addresses at which services are reached from outside the cluster, as far as the cluster itself tells them.
import { labelOf, nameIn } from './client/metadata.ts'
import { SERVICE_LABEL } from './names.ts'
import { conditionOf, field, listAt, numberAt, type RawObject, textAt } from './raw.ts'

/** Service → URLs, in the order of the objects. `node`: where node ports are reached, when that is known. */
export const endpointsOf = (
  objects: readonly RawObject[],
  node: string | null,
): ReadonlyMap<string, readonly string[]> => {
  const found = new Map<string, string[]>()
  for (const object of objects) {
    const service = labelOf(object, SERVICE_LABEL)
    if (service === null) continue
    const urls = found.get(service) ?? []
    for (const url of urlsOf(object, node)) if (!urls.includes(url)) urls.push(url)
    found.set(service, urls)
  }
  return found
}

/** One node stands for all: each of them serves every node port. */
export const nodeAddress = (nodes: readonly RawObject[]): string | null => {
  const ready = nodes
    .filter((node) => conditionOf(node, 'Ready')?.status === 'True')
    .sort((a, b) => (nameIn(a) < nameIn(b) ? -1 : 1))
  for (const type of ['ExternalIP', 'InternalIP'])
    for (const node of ready) {
      const found = listAt(node, 'status.addresses').find((address) => address['type'] === type)
      if (found !== undefined) return textAt(found, 'address')
    }
  return null
}

const urlsOf = (object: RawObject, node: string | null): readonly string[] => {
  switch (object['kind']) {
    case 'Service':
      return [...balanced(object), ...(node === null ? [] : onNodes(object, node))]
    case 'Ingress':
      return ingressUrls(object)
    case 'HTTPRoute':
      return routeUrls(object)
    default:
      return []
  }
}

const balanced = (service: RawObject): readonly string[] => {
  if (textAt(service, 'spec.type') !== 'LoadBalancer') return []
  const hosts = listAt(service, 'status.loadBalancer.ingress').flatMap(
    (i) => textAt(i, 'hostname') ?? textAt(i, 'ip') ?? [],
  )
  return hosts.flatMap((host) => listAt(service, 'spec.ports').map((port) => portUrl(host, port)))
}

const onNodes = (service: RawObject, node: string): readonly string[] =>
  textAt(service, 'spec.type') === 'NodePort'
    ? listAt(service, 'spec.ports')
        .filter((port) => numberAt(port, 'nodePort') !== null)
        .map((port) => portUrl(node, port, 'nodePort'))
    : []

const portUrl = (host: string, port: RawObject, key: 'port' | 'nodePort' = 'port'): string => {
  const number = numberAt(port, key) ?? 0
  const name = textAt(port, 'appProtocol') ?? ''
  const scheme = port['protocol'] === 'UDP' ? 'udp' : name === 'https' ? 'https' : name === 'tcp' ? 'tcp' : 'http'
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${number}`
}

const ingressUrls = (ingress: RawObject): readonly string[] => {
  const secured = new Set(listAt(ingress, 'spec.tls').flatMap((tls) => strings(tls['hosts'])))
  return listAt(ingress, 'spec.rules').flatMap((rule) => {
    const host = textAt(rule, 'host')
    return host === null ? [] : [`${secured.has(host) ? 'https' : 'http'}://${host}`]
  })
}

const routeUrls = (route: RawObject): readonly string[] => {
  const secure = listAt(route, 'spec.parentRefs').some((ref) => /https|tls/i.test(textAt(ref, 'sectionName') ?? ''))
  return strings(field(route, 'spec.hostnames')).map((host) => `${secure ? 'https' : 'http'}://${host}`)
}

const strings = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : [])
