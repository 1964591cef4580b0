// NetworkPolicies: members of one Compose network reach each other and nobody else reaches them, but for the doors that
// `ports:` and `expose` open. Whether they are enforced is the cluster's network plugin's business.
import type { Service } from '../../../core/model/app.ts'
import type { NativeObject } from '../../../core/model/native-object.ts'
import { dnsLabel, selectorOf } from '../names.ts'
import type { RenderContext } from './context.ts'
import { nameOf } from './context.ts'
import { exposedTargetPorts } from './expose.ts'
import { isCutOff, networkKeys, networkPodLabel } from './networks.ts'
import { defined, type Json, nativeObject, STAGE } from './object.ts'
import { writtenAnnotations } from './pod-annotations.ts'
import { publishedPorts } from './ports.ts'

export const networkPolicies = (context: RenderContext): readonly NativeObject[] => {
  const keys = new Set(context.spec.services.flatMap((s) => networkKeys(s.service)))
  return [
    ...[...keys].sort().map((key) => networkPolicy(key, context)),
    ...context.spec.services.flatMap((s) => [...door(s.service, context), ...wall(s.service, context)]),
  ]
}

interface PolicyParts {
  readonly spec: Json
  readonly service?: string
  readonly annotations?: Readonly<Record<string, string>>
}

const policy = (context: RenderContext, name: string, parts: PolicyParts): NativeObject =>
  nativeObject(context, {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    name,
    stage: STAGE.passive,
    fields: { spec: parts.spec },
    ...(parts.service === undefined ? {} : { service: parts.service }),
    ...(parts.annotations === undefined ? {} : { annotations: parts.annotations }),
  })

/** An internal network lets its members reach each other and ask for names; any other lets them go out. */
const networkPolicy = (key: string, context: RenderContext): NativeObject => {
  const members = { podSelector: { matchLabels: { [networkPodLabel(key)]: 'true' } } }
  const network = context.spec.app.networks.find((one) => one.key === key)
  const internal = network?.internal ?? false
  return policy(context, dnsLabel(`network-${key}`), {
    annotations: writtenAnnotations(network?.compose.labels),
    spec: {
      ...members,
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: [members] }],
      egress: internal ? [{ to: [members] }, NAMES] : [{}],
    },
  })
}

/** The cluster's DNS, also where each node has a cache of its own. */
const NAMES: Json = {
  to: [
    { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } },
    { ipBlock: { cidr: '169.254.20.10/32' } },
  ],
  ports: [
    { protocol: 'UDP', port: 53 },
    { protocol: 'TCP', port: 53 },
  ],
}

/** Published ports are open to the whole cluster; to everybody where the target or `expose` opens a door to the outside. */
const door = (service: Service, context: RenderContext): readonly NativeObject[] => {
  if (service.kind !== 'service') return []
  const outside = new Map<string, Json>()
  const inside = new Map<string, Json>()
  for (const p of publishedPorts(service))
    (context.target.publish === 'none' ? inside : outside).set(
      `${p.protocol}/${p.target}`,
      peerPort(p.target, p.protocol),
    )
  for (const port of exposedTargetPorts(service)) outside.set(`tcp/${port}`, peerPort(port, 'tcp'))
  for (const key of outside.keys()) inside.delete(key)
  const ingress = [
    ...(inside.size === 0 ? [] : [{ from: [{ namespaceSelector: {} }], ports: [...inside.values()] }]),
    ...(outside.size === 0 ? [] : [{ ports: [...outside.values()] }]),
  ]
  if (ingress.length === 0) return []
  const podSelector = { matchLabels: selectorOf(context.spec.app.name, service.name) }
  return [
    policy(context, dnsLabel(`door-${nameOf(service)}`), {
      spec: { podSelector, policyTypes: ['Ingress'], ingress },
      service: service.name,
    }),
  ]
}

const peerPort = (port: number, protocol: 'tcp' | 'udp'): Json => defined({ protocol: protocol.toUpperCase(), port })

const wall = (service: Service, context: RenderContext): readonly NativeObject[] =>
  isCutOff(service)
    ? [
        policy(context, dnsLabel(`wall-${nameOf(service)}`), {
          spec: {
            podSelector: { matchLabels: selectorOf(context.spec.app.name, service.name) },
            policyTypes: ['Ingress', 'Egress'],
          },
          service: service.name,
        }),
      ]
    : []
