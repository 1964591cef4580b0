// How `expose` reaches the outside of this cluster: as the target says, else by what the cluster is known to have.
import type { RenderContext } from './context.ts'

export type RouteKind =
  | { readonly kind: 'gateway'; readonly namespace: string | null; readonly name: string; readonly because: string }
  | { readonly kind: 'ingress'; readonly class: string | null; readonly because: string }
  | { readonly kind: 'loadBalancer'; readonly because: string }
  | { readonly kind: 'nodePort'; readonly because: string }
  /** Asked for, but what it needs is missing. */
  | { readonly kind: 'none'; readonly because: string; readonly hint: string }

const GATEWAY_API = 'gateway.networking.k8s.io'

export const routeKind = (context: RenderContext): RouteKind => {
  const { ingress } = context.settings
  switch (ingress.kind) {
    case 'gateway':
      return gateway(context)
    case 'ingress':
      return { kind: 'ingress', class: ingressClass(context), because: 'the target says ingress' }
    case 'loadBalancer':
      return { kind: 'loadBalancer', because: 'the target says loadBalancer' }
    case 'nodePort':
      return { kind: 'nodePort', because: 'the target says nodePort' }
    case 'auto':
      return automatic(context)
    default:
      return ingress.kind satisfies never
  }
}

const automatic = (context: RenderContext): RouteKind => {
  const { settings, facts } = context
  const served = facts.apis.length === 0 || facts.apis.some((api) => api.startsWith(`${GATEWAY_API}/`))
  if (settings.ingress.gateway !== null || (served && facts.gateways.length > 0)) return gateway(context)
  const name = ingressClass(context)
  if (name !== null) return { kind: 'ingress', class: name, because: `there is the ingress class ${name}` }
  if (facts.loadBalancer === true)
    return {
      kind: 'loadBalancer',
      because: 'the cluster has load balancers, and neither a Gateway nor an ingress class',
    }
  return { kind: 'nodePort', because: 'neither a Gateway, an ingress class nor load balancers are known' }
}

const gateway = ({ settings, facts }: RenderContext): RouteKind => {
  const written = settings.ingress.gateway
  const found = written ?? [...facts.gateways].sort()[0]
  if (found === undefined)
    return {
      kind: 'none',
      because: 'no Gateway is known',
      hint: 'name one on the target: ingress: { gateway: NAMESPACE/NAME }',
    }
  const because = written === null ? `there is the Gateway ${found}` : `the target names the Gateway ${found}`
  const [first = '', second] = found.split('/')
  return { kind: 'gateway', namespace: second === undefined ? null : first, name: second ?? first, because }
}

/** The target's, else the default class, else the only one. */
const ingressClass = ({ settings, facts }: RenderContext): string | null => {
  if (settings.ingress.class !== null) return settings.ingress.class
  const chosen = facts.ingressClasses.find((c) => c.isDefault)
  if (chosen !== undefined) return chosen.name
  return facts.ingressClasses.length === 1 ? (facts.ingressClasses[0]?.name ?? null) : null
}
