// Whatever an application looks like: the same bytes twice, legal and unique names, secrets in Secrets only, selectors that
// find their pods.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { App, Mount, Port, Service } from '../../../core/model/app.ts'
import type { NativeObject, TargetSpec } from '../../../core/model/native-object.ts'
import { Secret } from '../../../core/model/secret.ts'
import { collectSecrets } from '../../../core/model/secret-walk.ts'
import { app, extension, service } from '../../../test/builders/app.ts'
import { at, specOf } from '../../../test/builders/kubernetes.ts'
import { render } from './index.ts'

const SECRET = 'correct-horse-battery'

const port: fc.Arbitrary<Port> = fc.record({
  target: fc.integer({ min: 1, max: 9 }),
  published: fc.option(fc.integer({ min: 1, max: 9 })),
  publishedRange: fc.constant(null),
  hostIp: fc.constantFrom(null, '127.0.0.1', '0.0.0.0'),
  protocol: fc.constantFrom('tcp', 'udp'),
  mode: fc.constantFrom('ingress', 'host'),
  appProtocol: fc.constantFrom(null, 'http2'),
})

const text = fc.oneof(fc.string({ maxLength: 12 }), fc.constant(new Secret('web.command.0', SECRET, 'aa')))

const mount: fc.Arbitrary<Mount> = fc.constantFrom<Mount>(
  { kind: 'volume', volume: 'data', target: '/data', readOnly: false, nocopy: false, subpath: null },
  { kind: 'tmpfs', target: '/run', sizeBytes: 4096, mode: null },
  { kind: 'anonymous', target: '/cache', readOnly: false },
  { kind: 'bind', source: '/srv', target: '/srv', readOnly: false, createHostPath: true, propagation: null },
)

const name = fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,70}$/)

const aService = (own: string): fc.Arbitrary<Service> =>
  fc
    .record({
      kind: fc.constantFrom('service' as const, 'job' as const, 'cron' as const),
      mode: fc.constantFrom('replicated' as const, 'global' as const),
      replicas: fc.integer({ min: 1, max: 3 }),
      ports: fc.array(port, { maxLength: 4 }),
      mounts: fc.array(mount, { maxLength: 3 }),
      command: fc.option(fc.array(text, { maxLength: 3 })),
      plain: fc.string({ maxLength: 12 }),
      aliases: fc.array(name, { maxLength: 2 }),
      user: fc.constantFrom(undefined, '0', '1000:1000', 'app'),
      singleton: fc.boolean(),
    })
    .map(({ plain, aliases, user, singleton, ...over }) =>
      service(own, {
        ...over,
        environment: { PLAIN: plain, DB_PASSWORD: new Secret(`${own}.environment.DB_PASSWORD`, SECRET, 'bb') },
        networks: { default: { aliases }, back: { aliases: [] } },
        extension: extension({
          singleton,
          expose: [{ host: 'a.example.com', path: '/', port: null, tls: true }],
          schedule:
            over.kind === 'cron'
              ? { cron: '0 3 * * *', timezone: 'UTC', concurrency: 'forbid', startDeadlineMs: 0 }
              : null,
        }),
        compose: user === undefined ? {} : { user },
      }),
    )

const anApp: fc.Arbitrary<App> = fc
  .uniqueArray(name, { minLength: 1, maxLength: 4 })
  .chain((names) => fc.tuple(...names.map(aService)))
  .map((services) =>
    app(services, {
      volumes: [{ key: 'data', name: 'shop_data', external: false, sizeBytes: null, class: null, compose: {} }],
      networks: [
        { key: 'back', name: 'shop_back', external: false, internal: true, isDefault: false, compose: {} },
        { key: 'default', name: 'shop_default', external: false, internal: false, isDefault: true, compose: {} },
      ],
    }),
  )

const publish = fc.constantFrom('none' as const, 'nodePort' as const, 'public' as const)
const aSpec: fc.Arbitrary<TargetSpec> = fc
  .tuple(anApp, publish)
  .map(([one, how]) => specOf(one, { target: { publish: how } }))

const objectsOf = (spec: TargetSpec): readonly NativeObject[] => render(spec.target, spec)
const holds = (rule: (objects: readonly NativeObject[], spec: TargetSpec) => void): void =>
  fc.assert(
    fc.property(aSpec, (spec) => rule(objectsOf(spec), spec)),
    { numRuns: 60 },
  )

const podOf = (body: unknown): unknown => at(body, 'spec.template') ?? at(body, 'spec.jobTemplate.spec.template')

describe('every render', () => {
  it('gives the same bytes for the same spec', () => {
    holds((objects, spec) => {
      expect(JSON.stringify(objectsOf(spec))).toBe(JSON.stringify(objects))
    })
  })

  it('gives legal, unique names and ids', () => {
    holds((objects) => {
      expect(new Set(objects.map((o) => o.id)).size).toBe(objects.length)
      for (const o of objects) {
        expect(o.name).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/)
        if (['StatefulSet', 'CronJob'].includes(o.kind)) expect(o.name.length).toBeLessThanOrEqual(52)
        for (const value of Object.values(Object(at(o.body, 'metadata.labels'))))
          expect(value).toMatch(/^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/)
      }
    })
  })

  it('keeps secrets in Secrets', () => {
    holds((objects) => {
      expect(JSON.stringify(objects)).not.toContain(SECRET)
      for (const o of objects) if (o.kind !== 'Secret') expect(collectSecrets(o.body)).toEqual([])
    })
  })

  it('selects pods by labels that they have', () => {
    holds((objects) => {
      const pods = objects.flatMap((o) => {
        const labels = at(podOf(o.body), 'metadata.labels')
        return labels === undefined ? [] : [Object(labels)]
      })
      for (const o of objects) {
        const selector =
          o.kind === 'Service'
            ? at(o.body, 'spec.selector')
            : (at(o.body, 'spec.selector.matchLabels') ?? at(o.body, 'spec.podSelector.matchLabels'))
        if (selector === undefined) continue
        const found = pods.some((labels) => Object.entries(Object(selector)).every(([k, v]) => labels[k] === v))
        expect(found, o.id).toBe(true)
      }
    })
  })

  it('names ports once in each list, and mounts each path once', () => {
    holds((objects) => {
      for (const o of objects) {
        const container = at(podOf(o.body), 'spec.containers.0')
        for (const list of [at(o.body, 'spec.ports'), at(container, 'ports')]) {
          const names = (Array.isArray(list) ? list : []).map((p) => p.name)
          expect(new Set(names).size).toBe(names.length)
        }
        const mounts = Object(at(container, 'volumeMounts') ?? [])
        const paths = mounts.map((m: { mountPath: string }) => m.mountPath)
        expect(new Set(paths).size).toBe(paths.length)
        const volumes = Object(at(podOf(o.body), 'spec.volumes') ?? []).map((v: { name: string }) => v.name)
        for (const m of mounts) expect(volumes).toContain(m.name)
      }
    })
  })

  it('refers only to objects that it makes', () => {
    holds((objects) => {
      const ids = new Set(objects.map((o) => o.id))
      for (const o of objects) for (const id of o.after) expect(ids, `${o.id} waits for ${id}`).toContain(id)
      const names = new Set(objects.map((o) => `${o.kind}/${o.name}`))
      for (const o of objects) {
        const pod = at(podOf(o.body), 'spec')
        if (pod === undefined) continue
        expect(names).toContain(`ServiceAccount/${at(pod, 'serviceAccountName')}`)
        for (const entry of Object(at(pod, 'containers.0.env') ?? []))
          if (entry.valueFrom !== undefined) expect(names).toContain(`Secret/${entry.valueFrom.secretKeyRef.name}`)
      }
    })
  })
})
