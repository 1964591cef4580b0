// The doors that a target would open and that are not open now: published ports where `ports:` publishes as Compose does,
// `expose` and the target's `publish` on clusters.
import type { Port, Service } from '../model/app.ts'
import type { TargetSpec } from '../model/native-object.ts'
import type { Exposed } from '../model/plan.ts'
import type { TargetState } from '../model/replica.ts'

export const exposedBy = (spec: TargetSpec, state: TargetState): readonly Exposed[] => {
  const open = openPorts(state)
  return spec.services
    .filter((s) => s.count > 0 || s.service.mode === 'global')
    .flatMap(({ service }) =>
      publishesAsCompose(spec) ? publishedDoors(service, spec, open) : clusterDoors(service, spec, state),
    )
}

const publishesAsCompose = (spec: TargetSpec): boolean =>
  spec.target.provider === 'local' || spec.target.provider === 'swarm'

const publishedDoors = (service: Service, spec: TargetSpec, open: ReadonlySet<string>): readonly Exposed[] =>
  service.ports
    .filter((p) => !open.has(portKey(service.name, p)))
    .map((p) => {
      const host = p.hostIp ?? '0.0.0.0'
      return {
        target: spec.target.name,
        service: service.name,
        host,
        port: p.published,
        reach: isLoopback(host) ? 'machine' : 'network',
      }
    })

const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || host.startsWith('127.')

const portKey = (service: string, p: Port): string =>
  `${service}|${p.hostIp ?? '0.0.0.0'}|${p.published ?? p.publishedRange?.join('-') ?? 'free'}|${p.target}|${p.protocol}`

/** Ports of what runs, from the bodies that the target keeps. */
const openPorts = (state: TargetState): ReadonlySet<string> =>
  new Set(
    state.objects
      .filter((o) => o.owner === 'ours')
      .flatMap((o) => portsIn(o.body).map((port) => portKey(o.service ?? '', port))),
  )

const portsIn = (body: unknown): readonly Port[] =>
  typeof body === 'object' && body !== null && 'ports' in body && Array.isArray(body.ports)
    ? body.ports.filter(isPort)
    : []

const isPort = (value: unknown): value is Port =>
  typeof value === 'object' && value !== null && 'target' in value && 'published' in value && 'protocol' in value

const REACH: Readonly<Record<Publish, string>> = {
  nodePort: 'network',
  private: 'network',
  public: 'internet',
}

const clusterDoors = (service: Service, spec: TargetSpec, state: TargetState): readonly Exposed[] => {
  const open = openDoors(state)
  const endpoints = state.services.find((s) => s.service === service.name)?.endpoints ?? []
  const base = { target: spec.target.name, service: service.name }
  const named = service.extension.expose
    .filter((e) => !endpoints.some((url) => url.includes(`//${e.host}`)))
    .map((e): Exposed => ({ ...base, host: e.host, port: e.tls === null ? 80 : 443, reach: 'internet' }))
  const { publish } = spec.target
  if (publish === 'none') return named
  return [
    ...named,
    ...service.ports
      .filter((p) => p.mode === 'ingress' && !isLoopback(p.hostIp ?? ''))
      .map((p): Exposed => ({ ...base, host: publish, port: p.published ?? p.target, reach: REACH[publish] }))
      .filter((door) => !open.has(doorKey(service.name, publish, door.port ?? 0))),
  ]
}

type Publish = Exclude<TargetSpec['target']['publish'], 'none'>

const doorKey = (service: string, publish: Publish, port: number): string => `${service}|${publish}|${port}`

/** What `publish` opened before, from the bodies of the outer Services: each is named after the service and its door. */
const openDoors = (state: TargetState): ReadonlySet<string> =>
  new Set(
    state.objects
      .filter((o) => o.owner === 'ours' && o.kind === 'Service')
      .flatMap((o) => {
        const publish = PUBLISHES.find((p) => o.name.endsWith(`-${p.toLowerCase()}`))
        return publish === undefined ? [] : servedPorts(o.body).map((n) => doorKey(o.service ?? '', publish, n))
      }),
  )

const PUBLISHES: readonly Publish[] = ['nodePort', 'private', 'public']

const servedPorts = (body: unknown): readonly number[] => {
  const spec: unknown = typeof body === 'object' && body !== null && 'spec' in body ? body.spec : null
  const ports: unknown = typeof spec === 'object' && spec !== null && 'ports' in spec ? spec.ports : null
  return Array.isArray(ports)
    ? ports.flatMap((p: { port?: unknown }) => (typeof p.port === 'number' ? [p.port] : []))
    : []
}
