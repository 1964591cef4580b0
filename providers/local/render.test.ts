import { describe, expect, it } from 'vitest'
import type { App, Service } from '../../core/model/app.ts'
import type { ServiceSpec, TargetSpec } from '../../core/model/native-object.ts'
import { Secret } from '../../core/model/secret.ts'
import { app, extension, fleet, service, target } from '../../test/builders/app.ts'
import { assumedFacts } from './facts.ts'
import { createRender, render } from './render.ts'
import type { WorkBody } from './spec.ts'

const local = target('here', { provider: 'local', here: true, local: { driver: 'docker', daemon: null, nodes: [] } })

const specOf = (of: App, over: Partial<ServiceSpec> = {}): TargetSpec => ({
  app: of,
  fleet: fleet([local]),
  target: local,
  facts: assumedFacts(local),
  release: 4,
  services: of.services.map((s) => ({
    service: s,
    count: s.replicas,
    image: s.image,
    codeHash: null,
    restarts: 0,
    reach: {},
    failureAction: 'rollback',
    ...over,
  })),
})

const network = { key: 'default', name: 'shop_default', external: false, internal: false, isDefault: true, compose: {} }
const needs = (name: string): Service['dependsOn'] => [
  { service: name, condition: 'service_started', required: true, restart: false },
]
const workOf = (objects: ReturnType<typeof render>, name: string): WorkBody => {
  const body = objects.find((o) => o.service === name)?.body
  if (typeof body !== 'object' || body === null || !('replicas' in body)) throw new Error(`no work object ${name}`)
  return body as WorkBody
}

describe('render for a local target', () => {
  it('renders only the networks, volumes and files that a service uses', () => {
    const volume = (key: string) => ({
      key,
      name: `shop_${key}`,
      external: false,
      sizeBytes: null,
      class: null,
      compose: {},
    })
    const web = service('web', {
      mounts: [{ kind: 'volume', volume: 'data', target: '/d', readOnly: false, nocopy: false, subpath: null }],
    })
    const objects = render(
      local,
      specOf(
        app([web], {
          networks: [network, { ...network, key: 'idle', name: 'shop_idle' }],
          volumes: [volume('data'), volume('idle')],
        }),
      ),
    )
    expect(objects.map((o) => [o.id, o.guard])).toEqual([
      ['network/shop_default', 'none'],
      ['volume/shop_data', 'data'],
      ['service/shop/web', 'none'],
    ])
  })

  it('puts what is depended on into an earlier stage', () => {
    const objects = render(
      local,
      specOf(
        app([service('web', { dependsOn: needs('api') }), service('api', { dependsOn: needs('db') }), service('db')]),
      ),
    )
    expect(objects.map((o) => [o.name, o.stage])).toEqual([
      ['db', 1],
      ['api', 2],
      ['web', 3],
    ])
    expect(objects[2]?.after).toContain('service/shop/api')
  })

  it('waits for nobody who does not run here', () => {
    const spec = specOf(app([service('web', { dependsOn: needs('db') }), service('db')]))
    const here = { ...spec, services: spec.services.filter((s) => s.service.name === 'web') }
    expect(workOf(render(local, here), 'web').dependsOn).toEqual([])
  })

  it('names files by their content, and secrets by their reference', () => {
    const secret = new Secret('secrets.token', 'hush-hush').keyed('ab'.repeat(32))
    const web = service('web', {
      configs: [{ source: 'conf', target: '/conf', uid: null, gid: null, mode: null }],
      secrets: [{ source: 'token', target: '/run/secrets/token', uid: null, gid: null, mode: null }],
    })
    const make = (content: string) =>
      render(
        local,
        specOf(
          app([web], {
            configs: [{ key: 'conf', name: 'shop_conf', external: false, content }],
            secrets: [{ key: 'token', name: 'shop_token', external: false, content: secret }],
          }),
        ),
      )
    const [config, token] = make('a')
    expect(token?.name).toBe(`shop_token-${secret.ref.slice(0, 8)}`)
    expect(config?.name).not.toBe(make('b')[0]?.name)
    expect(JSON.stringify(make('a'))).not.toContain('hush')
  })

  it('keeps the release number out of every hash, but makes a job that runs always a change of each release', () => {
    const job = service('job', { kind: 'job', extension: extension({ job: { run: 'always', targets: 'one' } }) })
    const hashes = (release: number) =>
      render(local, { ...specOf(app([service('web'), job])), release }).map((o) => o.hash)
    const [first, second] = [hashes(1), hashes(2)]
    expect(first.filter((hash, i) => hash !== second[i])).toHaveLength(1)
  })

  it('lets a container answer to its own name, its container_name and the names that links give it', () => {
    const web = service('web', { links: { database: 'db' } })
    const db = service('db', { compose: { container_name: 'the-db' } })
    expect(workOf(render(local, specOf(app([web, db], { networks: [network] }))), 'db').container.networks).toEqual([
      { name: 'shop_default', aliases: ['database', 'db', 'the-db'] },
    ])
  })

  it('makes a change of a dependency a change of a dependent that restarts with it', () => {
    const web = service('web', {
      dependsOn: [{ service: 'db', condition: 'service_started', required: true, restart: true }],
    })
    const hash = (image: string) =>
      render(local, specOf(app([web, service('db')]), { image })).find((o) => o.name === 'web')?.hash
    expect(workOf(render(local, specOf(app([web, service('db')]))), 'web').container.labels).toHaveProperty([
      'stormport.dev/restart-with.db',
    ])
    expect(hash('db:1')).not.toBe(hash('db:2'))
  })

  it('renders a host process without image and networks', () => {
    const web = service('web', { extension: extension({ process: { when: 'always', watch: [] } }) })
    const body = workOf(render(local, specOf(app([web], { networks: [network] }), { codeHash: 'c0de' })), 'web')
    expect([body.driver, body.container.image, body.container.networks, body.codeHash]).toEqual([
      'process',
      null,
      [],
      'c0de',
    ])
  })

  it('renders for one target after another as for each alone', () => {
    const remembering = createRender()
    const web = service('web', {
      dependsOn: [{ service: 'db', condition: 'service_started', required: true, restart: false }],
    })
    const both = app([web, service('db')], { networks: [network] })
    const specs = [
      specOf(both),
      specOf(both, { count: 7 }),
      { ...specOf(both), services: specOf(both).services.slice(0, 1) },
      specOf(both, { image: 'other:2' }),
      specOf(both),
    ]
    for (const spec of specs) expect(remembering(local, spec)).toEqual(render(local, spec))
  })
})
