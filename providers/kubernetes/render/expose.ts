// `x-stormport.expose`: host names under which the outside comes in, by Gateway API, Ingress or a Service of its own.
import type { Expose, Service } from '../../../core/model/app.ts'
import type { NativeObject, ServiceSpec } from '../../../core/model/native-object.ts'
import { dnsName, selectorOf } from '../names.ts'
import { nameOf, type RenderContext } from './context.ts'
import { defined, type Json, nativeObject, orNothing, STAGE } from './object.ts'
import { servicePortBody } from './ports.ts'
import { type RouteKind, routeKind } from './route-kind.ts'

/** The port that it names, else the first TCP port of the service. */
export const exposedPort = (service: Service, expose: Expose): number | null =>
  expose.port ??
  service.ports.find((p) => p.protocol === 'tcp')?.target ??
  service.expose.find((p) => p.protocol === 'tcp')?.port ??
  null

export const exposedTargetPorts = (service: Service): readonly number[] => [
  ...new Set(service.extension.expose.flatMap((expose) => exposedPort(service, expose) ?? [])),
]

interface Route {
  readonly expose: Expose
  readonly port: number
}

export const exposeObjects = (context: RenderContext, { service }: ServiceSpec): readonly NativeObject[] => {
  const routes = service.extension.expose.flatMap((expose): readonly Route[] => {
    const port = exposedPort(service, expose)
    return port === null ? [] : [{ expose, port }]
  })
  if (routes.length === 0 || service.kind !== 'service') return []
  const how = routeKind(context)
  switch (how.kind) {
    case 'gateway':
      return byHost(routes).map((group, i) => httpRoute(context, { service, group, index: i, how }))
    case 'ingress':
      return byHost(routes).map((group, i) => ingress(context, { service, group, index: i, how }))
    case 'loadBalancer':
    case 'nodePort':
      return [doorService(context, service, { routes, type: how.kind === 'nodePort' ? 'NodePort' : 'LoadBalancer' })]
    case 'none':
      return []
    default:
      return how satisfies never
  }
}

const byHost = (routes: readonly Route[]): readonly (readonly Route[])[] => {
  const hosts = new Map<string, readonly Route[]>()
  for (const route of routes) hosts.set(route.expose.host, [...(hosts.get(route.expose.host) ?? []), route])
  return [...hosts.values()]
}

interface RouteParts<Kind extends RouteKind['kind']> {
  readonly service: Service
  readonly group: readonly Route[]
  readonly index: number
  readonly how: Extract<RouteKind, { kind: Kind }>
}

const routeName = (service: Service, index: number): string =>
  dnsName(index === 0 ? nameOf(service) : `${nameOf(service)}-${index + 1}`)

const httpRoute = (context: RenderContext, { service, group, index, how }: RouteParts<'gateway'>): NativeObject =>
  nativeObject(context, {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    name: routeName(service, index),
    service: service.name,
    stage: STAGE.front,
    fields: {
      spec: {
        parentRefs: [defined({ name: how.name, namespace: how.namespace ?? undefined })],
        hostnames: group.slice(0, 1).map(({ expose }) => expose.host),
        rules: group.map(({ expose, port }) => ({
          matches: [{ path: { type: 'PathPrefix', value: expose.path } }],
          backendRefs: [{ name: nameOf(service), port }],
        })),
      },
    },
  })

const ingress = (context: RenderContext, { service, group, index, how }: RouteParts<'ingress'>): NativeObject => {
  const [host = ''] = group.map(({ expose }) => expose.host)
  const paths = group.map(({ expose, port }) => ({
    path: expose.path,
    pathType: 'Prefix',
    backend: { service: { name: nameOf(service), port: { number: port } } },
  }))
  const certificate = certificateOf(group, context)
  return nativeObject(context, {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    name: routeName(service, index),
    service: service.name,
    stage: STAGE.front,
    annotations: certificate?.issuer === undefined ? {} : { 'cert-manager.io/cluster-issuer': certificate.issuer },
    fields: {
      spec: defined({
        ingressClassName: how.class ?? undefined,
        tls: certificate === null ? undefined : [defined({ hosts: [host], secretName: certificate.secret })],
        rules: [{ host, http: { paths } }],
      }),
    },
  })
}

interface Certificate {
  readonly secret: string | undefined
  readonly issuer: string | undefined
}

/** A secret that exists, one that an issuer fills, or the controller's own certificate. */
const certificateOf = (group: readonly Route[], context: RenderContext): Certificate | null => {
  const written = group.find(({ expose }) => expose.tls !== null)
  if (written === undefined || written.expose.tls === null) return null
  const { tls, host } = written.expose
  if (tls !== true && 'secret' in tls) return { secret: tls.secret, issuer: undefined }
  const issuer = tls === true ? (context.settings.ingress.issuer ?? undefined) : tls.issuer
  return { secret: issuer === undefined ? undefined : dnsName(`tls-${host}`), issuer }
}

interface DoorParts {
  readonly routes: readonly Route[]
  readonly type: 'NodePort' | 'LoadBalancer'
}

/** One port of a host: 80, and 443 where the file wants TLS, which the service itself must then speak. */
const doorService = (context: RenderContext, service: Service, { routes, type }: DoorParts): NativeObject => {
  const ports = new Map(
    routes.map(({ expose, port }) => {
      const outer = expose.tls === null ? 80 : 443
      return [outer, { port: outer, target: port, protocol: 'tcp' as const, appProtocol: null }]
    }),
  )
  const spec: Json = {
    type,
    selector: selectorOf(context.spec.app.name, service.name),
    ports: orNothing([...ports.values()].map(servicePortBody)) ?? [],
  }
  return nativeObject(context, {
    apiVersion: 'v1',
    kind: 'Service',
    name: dnsName(`${nameOf(service)}-expose`),
    service: service.name,
    stage: STAGE.front,
    fields: { spec },
  })
}
