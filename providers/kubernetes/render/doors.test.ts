import { describe, expect, it } from 'vitest'
import { at, bodyOf, rendered } from '../../../test/builders/kubernetes.ts'

const web = (lines: string): string => `services:\n  web:\n    image: web:1\n    ${lines.replaceAll('\n', '\n    ')}\n`

describe('networks', () => {
  it('keep strangers out and an internal one keeps its members in', () => {
    const objects = rendered(`
services: { db: { image: db:1, networks: [back] } }
networks: { back: { internal: true } }
`)
    const members = { podSelector: { matchLabels: { 'network.stormport.dev/back': 'true' } } }
    expect(at(bodyOf(objects, 'NetworkPolicy/network-back'), 'spec')).toMatchObject({
      podSelector: members.podSelector,
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: [members] }],
      egress: [{ to: [members] }, { ports: [{ port: 53 }, { port: 53 }] }],
    })
  })

  it('let the cluster in by published ports, everybody where the target publishes them', () => {
    const ingress = (publish: 'none' | 'public') =>
      at(bodyOf(rendered(web('ports: ["80:8080"]'), { target: { publish } }), 'NetworkPolicy/door-web'), 'spec.ingress')
    expect(ingress('none')).toEqual([{ from: [{ namespaceSelector: {} }], ports: [{ protocol: 'TCP', port: 8080 }] }])
    expect(ingress('public')).toEqual([{ ports: [{ protocol: 'TCP', port: 8080 }] }])
  })

  it('open no door for what is bound to the loopback address', () => {
    const objects = rendered(web('ports: ["127.0.0.1:80:8080"]'), { target: { publish: 'public' } })
    expect(objects.map((o) => o.name)).not.toContain('door-web')
    expect(objects.map((o) => o.name)).not.toContain('web-public')
  })
})

describe('publish', () => {
  const outer = (publish: 'nodePort' | 'private' | 'public', name: string) =>
    bodyOf(rendered(web('ports: ["80:8080", "30080:9000"]'), { target: { publish } }), name)

  it('opens load balancers, inside the organisation or to all', () => {
    expect(at(outer('public', 'Service/web-public'), 'spec')).toMatchObject({
      type: 'LoadBalancer',
      ports: [
        { port: 80, targetPort: 8080 },
        { port: 30080, targetPort: 9000 },
      ],
    })
    expect(at(outer('private', 'Service/web-private'), 'metadata.annotations')).toMatchObject({
      'service.beta.kubernetes.io/azure-load-balancer-internal': 'true',
    })
  })

  it('opens a port of the nodes under its own number where that is one', () => {
    expect(at(outer('nodePort', 'Service/web-nodeport'), 'spec')).toMatchObject({
      type: 'NodePort',
      ports: [{ port: 80 }, { port: 30080, nodePort: 30080 }],
    })
  })
})

describe('expose', () => {
  const lines = 'ports: ["80:8080"]\nx-stormport: { expose: { host: shop.example.com, path: /api, tls: true } }'
  const by = (settings: Readonly<Record<string, unknown>>, facts = {}) =>
    rendered(web(lines), { target: { settings }, facts })

  it('is a route on a Gateway that the target names', () => {
    const objects = by({ ingress: { gateway: 'infra/public' } })
    expect(at(bodyOf(objects, 'HTTPRoute/web'), 'spec')).toEqual({
      parentRefs: [{ name: 'public', namespace: 'infra' }],
      hostnames: ['shop.example.com'],
      rules: [
        { matches: [{ path: { type: 'PathPrefix', value: '/api' } }], backendRefs: [{ name: 'web', port: 8080 }] },
      ],
    })
  })

  it('is an Ingress with a certificate of the issuer', () => {
    const body = bodyOf(by({ ingress: { class: 'nginx', issuer: 'letsencrypt' } }), 'Ingress/web')
    expect(at(body, 'metadata.annotations')).toEqual({ 'cert-manager.io/cluster-issuer': 'letsencrypt' })
    expect(at(body, 'spec')).toMatchObject({
      ingressClassName: 'nginx',
      tls: [{ hosts: ['shop.example.com'], secretName: 'tls-shop-example-com' }],
    })
  })

  it('is what the cluster has where the target does not say', () => {
    const kinds = (facts: object) => by({}, facts).map((o) => `${o.kind}/${o.name}`)
    expect(kinds({ gateways: ['infra/gw'], apis: ['gateway.networking.k8s.io/v1'] })).toContain('HTTPRoute/web')
    expect(kinds({ ingressClasses: [{ name: 'traefik', isDefault: true }] })).toContain('Ingress/web')
    expect(at(bodyOf(by({}, { loadBalancer: true }), 'Service/web-expose'), 'spec.type')).toBe('LoadBalancer')
    expect(at(bodyOf(by({}), 'Service/web-expose'), 'spec.type')).toBe('NodePort')
  })
})
