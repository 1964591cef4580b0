import { describe, expect, it } from 'vitest'
import { clusterTarget, rendered } from '../../test/builders/kubernetes.ts'
import { RESOURCES, rbac } from './rbac.ts'

const compose = `
services:
  web: { image: web:1, ports: ["80:80"], deploy: { replicas: 2 }, x-stormport: { expose: { host: a.example.com } } }
  db: { image: db:1, volumes: ["data:/d"], environment: { DB_PASSWORD: x } }
  nightly: { image: n:1, x-stormport: { schedule: "0 3 * * *" } }
volumes: { data: {} }
`
const objects = rendered(compose, { target: { settings: { ingress: { class: 'nginx' } } } })
const { role, clusterRole } = rbac(clusterTarget(), 'shop', objects)

describe('the role for deploying', () => {
  it('names every resource that is applied, and no wildcard', () => {
    const granted = new Set(role.rules.flatMap((r) => r.resources.map((resource) => `${r.apiGroups[0]}/${resource}`)))
    for (const { kind, id } of objects.filter((o) => o.kind !== 'Namespace')) {
      const group = id.split('/')[0]
      expect(granted).toContain(`${group === 'core' ? '' : group}/${RESOURCES[kind]}`)
    }
    expect(JSON.stringify([role, clusterRole])).not.toContain('*')
  })

  it('never lists secrets', () => {
    const verbs = role.rules.filter((r) => r.resources.includes('secrets')).flatMap((r) => r.verbs)
    expect(verbs).toContain('get')
    expect(verbs).not.toContain('list')
    expect(verbs).not.toContain('watch')
  })

  it('holds in the namespace of the app only', () => {
    expect(role).toMatchObject({ kind: 'Role', metadata: { namespace: 'shop' } })
    expect(clusterRole.metadata).not.toHaveProperty('namespace')
  })

  it('may make or change nothing that the app does not use, and remove what a former release left', () => {
    const small = rbac(clusterTarget(), 'shop', rendered('services: { web: { image: web:1 } }'))
    const verbs = small.role.rules.filter((rule) => rule.resources.includes('ingresses')).flatMap((rule) => rule.verbs)
    expect(verbs).toEqual(['get', 'list', 'watch', 'delete'])
  })
})
