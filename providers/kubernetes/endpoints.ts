// Addresses at which services are reached from outside the cluster, as far as the cluster itself tells them.
import { labelOf } from './client/metadata.ts'
import { SERVICE_LABEL } from './names.ts'
import { field, listAt, numberAt, type RawObject, textAt } from './raw.ts'

/** Service → URLs, in the order of the objects. */
export const endpointsOf = (objects: readonly RawObject[]): ReadonlyMap<string, readonly string[]> => {
  const found = new Map<string, string[]>()
  for (const object of objects) {
    const service = labelOf(object, SERVICE_LABEL)
    if (service === null) continue
    const urls = found.get(service) ?? []
    for (const url of urlsOf(object)) if (!urls.includes(url)) urls.push(url)
    found.set(service, urls)
  }
  return found
}

const urlsOf = (object: RawObject): readonly string[] => {
  switch (object['kind']) {
    case 'Service':
      return balanced(object)
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

const portUrl = (host: string, port: RawObject): string => {
  const number = numberAt(port, 'port') ?? 0
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
