// Services: always one by the name of the Compose service, so that names resolve; aliases; and the outer one where the
// target publishes `ports:`.
import type { Service } from '../../../core/model/app.ts'
import type { NativeObject, ServiceSpec } from '../../../core/model/native-object.ts'
import { dnsName, selectorOf } from '../names.ts'
import { aliasSelector } from './aliases.ts'
import { nameOf, type RenderContext } from './context.ts'
import { defined, type Json, nativeObject, orNothing, STAGE } from './object.ts'
import { internalPorts, outerPorts, type ServicePort, servicePortBody } from './ports.ts'
import { workloadKind } from './workload-kind.ts'

const selecting = (context: RenderContext) => (service: string) => selectorOf(context.spec.app.name, service)

export const services = (context: RenderContext, s: ServiceSpec): readonly NativeObject[] => {
  const { service } = s
  if (service.kind !== 'service') return []
  const own = serviceObject(context, { service, name: nameOf(service), spec: innerSpec(service, context) })
  return [own, ...governing(context, s), ...outer(context, s)]
}

interface ServiceParts {
  readonly service: Service
  readonly name: string
  readonly spec: Json
  readonly annotations?: Readonly<Record<string, string>>
}

const serviceObject = (context: RenderContext, { service, name, spec, annotations }: ServiceParts): NativeObject =>
  nativeObject(context, {
    apiVersion: 'v1',
    kind: 'Service',
    name,
    service: service.name,
    stage: STAGE.passive,
    fields: { spec },
    ...(annotations === undefined ? {} : { annotations }),
  })

/** Without a port there is nothing to balance: the name resolves to the pods. So it does with endpoint_mode dnsrr. */
const innerSpec = (service: Service, context: RenderContext): Json => {
  const ports = internalPorts(service)
  const headless = ports.length === 0 || service.compose.deploy?.endpoint_mode === 'dnsrr'
  return defined({
    type: 'ClusterIP',
    clusterIP: headless ? 'None' : undefined,
    selector: selecting(context)(service.name),
    ports: orNothing(ports.map(servicePortBody)),
  })
}

export const governingName = (service: Service): string => dnsName(`${nameOf(service)}-pods`)

/** A StatefulSet wants a headless Service of its own, in which a pod has a name before it is ready. */
const governing = (context: RenderContext, s: ServiceSpec): readonly NativeObject[] => {
  if (workloadKind(s) !== 'StatefulSet') return []
  const spec = {
    type: 'ClusterIP',
    clusterIP: 'None',
    publishNotReadyAddresses: true,
    selector: selecting(context)(s.service.name),
  }
  return [serviceObject(context, { service: s.service, name: governingName(s.service), spec })]
}

export const aliasServices = (context: RenderContext): readonly NativeObject[] =>
  [...context.aliases].map(([alias, names]) => {
    const members = names.flatMap((name) => context.byName.get(name)?.service ?? [])
    const ports = new Map(members.flatMap(internalPorts).map((p) => [`${p.protocol}/${p.port}`, p]))
    return nativeObject(context, {
      apiVersion: 'v1',
      kind: 'Service',
      name: alias,
      ...(members.length === 1 && members[0] !== undefined ? { service: members[0].name } : {}),
      stage: STAGE.passive,
      fields: {
        spec: defined({
          type: 'ClusterIP',
          clusterIP: ports.size === 0 ? 'None' : undefined,
          selector: aliasSelector(alias, names, selecting(context)),
          ports: orNothing([...ports.values()].map(servicePortBody)),
        }),
      },
    })
  })

/** Only these keep the door inside the organisation; each load balancer reads its own and ignores the others. */
const PRIVATE: Readonly<Record<string, string>> = {
  'networking.gke.io/load-balancer-type': 'Internal',
  'service.beta.kubernetes.io/aws-load-balancer-internal': 'true',
  'service.beta.kubernetes.io/aws-load-balancer-scheme': 'internal',
  'service.beta.kubernetes.io/azure-load-balancer-internal': 'true',
}

const PUBLIC: Readonly<Record<string, string>> = {
  'service.beta.kubernetes.io/aws-load-balancer-scheme': 'internet-facing',
}

/** What the target's `publish` makes of `ports:`. A Service of its own: taking the door away touches nothing else. */
const outer = (context: RenderContext, { service }: ServiceSpec): readonly NativeObject[] => {
  const { publish } = context.target
  const ports = outerPorts(service)
  if (publish === 'none' || ports.length === 0) return []
  const name = dnsName(`${nameOf(service)}-${publish === 'nodePort' ? 'nodeport' : publish}`)
  const selector = selecting(context)(service.name)
  if (publish === 'nodePort') {
    const spec = { type: 'NodePort', selector, ports: ports.map(withNodePort).map(servicePortBody) }
    return [serviceObject(context, { service, name, spec })]
  }
  const spec = { type: 'LoadBalancer', selector, ports: ports.map(servicePortBody) }
  return [serviceObject(context, { service, name, spec, annotations: publish === 'private' ? PRIVATE : PUBLIC })]
}

export const isNodePort = (port: number): boolean => port >= 30_000 && port <= 32_767

const withNodePort = (p: ServicePort): ServicePort => (isNodePort(p.port) ? { ...p, nodePort: p.port } : p)
