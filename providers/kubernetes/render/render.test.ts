import { describe, expect, it } from 'vitest'
import { Secret } from '../../../core/model/secret.ts'
import { at, bodyOf, rendered } from '../../../test/builders/kubernetes.ts'

const CONTAINER = 'spec.template.spec.containers.0'
const container = (compose: string, options = {}) => at(bodyOf(rendered(compose, options), 'Deployment/web'), CONTAINER)
const web = (lines: string): string => `services:\n  web:\n    image: web:1\n    ${lines.replaceAll('\n', '\n    ')}\n`

describe('a service', () => {
  it('becomes a hardened Deployment that names its own account', () => {
    const spec = at(bodyOf(rendered(web('user: "10001:10002"')), 'Deployment/web'), 'spec.template.spec')
    expect(spec).toMatchInlineSnapshot(`
      {
        "affinity": {
          "podAntiAffinity": {
            "preferredDuringSchedulingIgnoredDuringExecution": [
              {
                "podAffinityTerm": {
                  "labelSelector": {
                    "matchLabels": {
                      "stormport.dev/app": "shop",
                      "stormport.dev/service": "web",
                    },
                  },
                  "topologyKey": "kubernetes.io/hostname",
                },
                "weight": 100,
              },
            ],
          },
        },
        "automountServiceAccountToken": false,
        "containers": [
          {
            "image": "web:1",
            "imagePullPolicy": "IfNotPresent",
            "name": "web",
            "resources": {
              "requests": {
                "cpu": "100m",
                "memory": "128Mi",
              },
            },
            "securityContext": {
              "allowPrivilegeEscalation": false,
              "capabilities": {
                "drop": [
                  "ALL",
                ],
              },
              "runAsNonRoot": true,
            },
          },
        ],
        "enableServiceLinks": false,
        "securityContext": {
          "fsGroup": 10002,
          "fsGroupChangePolicy": "OnRootMismatch",
          "runAsGroup": 10002,
          "runAsNonRoot": true,
          "runAsUser": 10001,
          "seccompProfile": {
            "type": "RuntimeDefault",
          },
        },
        "serviceAccountName": "web",
        "terminationGracePeriodSeconds": 10,
        "topologySpreadConstraints": [
          {
            "labelSelector": {
              "matchLabels": {
                "stormport.dev/app": "shop",
                "stormport.dev/service": "web",
              },
            },
            "maxSkew": 1,
            "topologyKey": "topology.kubernetes.io/zone",
            "whenUnsatisfiable": "ScheduleAnyway",
          },
          {
            "labelSelector": {
              "matchLabels": {
                "stormport.dev/app": "shop",
                "stormport.dev/service": "web",
              },
            },
            "maxSkew": 1,
            "topologyKey": "kubernetes.io/hostname",
            "whenUnsatisfiable": "ScheduleAnyway",
          },
        ],
      }
    `)
  })

  it('always has a Service by its name, headless without ports', () => {
    expect(at(bodyOf(rendered(web('')), 'Service/web'), 'spec.clusterIP')).toBe('None')
  })

  it('offers the container port to peers and the published one beside it', () => {
    expect(at(bodyOf(rendered(web('ports: ["80:8080", "53:53/udp"]')), 'Service/web'), 'spec.ports')).toEqual([
      { name: 'tcp-8080', port: 8080, targetPort: 8080, protocol: 'TCP' },
      { name: 'udp-53', port: 53, targetPort: 53, protocol: 'UDP' },
      { name: 'tcp-80', port: 80, targetPort: 8080, protocol: 'TCP' },
    ])
  })

  it('keeps a container port when the published number of another would hide it', () => {
    const ports = at(bodyOf(rendered(web('ports: ["8080:80", "80:8080"]')), 'Service/web'), 'spec.ports')
    expect(ports).toMatchObject([
      { port: 80, targetPort: 80 },
      { port: 8080, targetPort: 8080 },
    ])
  })

  it('resolves by its aliases, links, container_name and hostname', () => {
    const objects = rendered(`
services:
  web: { image: web:1, links: ["db:database"], container_name: shop-web, hostname: front }
  db: { image: db:1, networks: { default: { aliases: [pg] } } }
`)
    const names = objects.filter((o) => o.kind === 'Service').map((o) => o.name)
    expect(names.sort()).toEqual(['database', 'db', 'front', 'pg', 'shop-web', 'web'])
    expect(at(bodyOf(objects, 'Service/database'), 'spec.selector')).toMatchObject({ 'stormport.dev/service': 'db' })
  })

  it('shares an alias with another service by a label of both', () => {
    const objects = rendered(`
services:
  a: { image: a:1, networks: { default: { aliases: [any] } } }
  b: { image: b:1, networks: { default: { aliases: [any] } } }
`)
    expect(at(bodyOf(objects, 'Service/any'), 'spec.selector')).toEqual({ 'alias.stormport.dev/any': 'true' })
    for (const name of ['a', 'b'])
      expect(at(bodyOf(objects, `Deployment/${name}`), 'spec.template.metadata.labels')).toMatchObject({
        'alias.stormport.dev/any': 'true',
      })
  })
})

describe('the command', () => {
  it('escapes what Kubernetes would expand', () => {
    expect(container(web('command: ["sh", "-c", "echo $$(date) $$$$ $$HOME"]'))).toMatchObject({
      args: ['sh', '-c', 'echo $$(date) $$$$ $HOME'],
    })
  })

  it('takes a secret from the environment', () => {
    const objects = rendered(web('command: ["serve", "--token", "${TOKEN}"]'), { env: { TOKEN: 'sesame-open' } })
    expect(at(bodyOf(objects, 'Deployment/web'), CONTAINER)).toMatchObject({
      args: ['serve', '--token', '$(STORMPORT_COMMAND_2)'],
      env: [{ name: 'STORMPORT_COMMAND_2', valueFrom: { secretKeyRef: { key: 'STORMPORT_COMMAND_2' } } }],
    })
    const secret = objects.find((o) => o.kind === 'Secret')
    expect(at(secret?.body, 'stringData.STORMPORT_COMMAND_2')).toBeInstanceOf(Secret)
  })
})

describe('a health check', () => {
  it('is a readiness probe and a startup probe that lasts as long as Docker would wait', () => {
    const lines = 'healthcheck: { test: ["CMD", "ok"], interval: 10s, timeout: 3s, retries: 4, start_period: 20s }'
    expect(container(web(lines))).toMatchObject({
      readinessProbe: { exec: { command: ['ok'] }, periodSeconds: 10, timeoutSeconds: 3, failureThreshold: 4 },
      startupProbe: { exec: { command: ['ok'] }, periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 12 },
    })
    expect(container(web(lines))).not.toHaveProperty('livenessProbe')
  })

  it('reads a secret by a shell, because kubelets expand plain values only', () => {
    const lines = 'healthcheck: { test: ["CMD", "curl", "-H", "${AUTH}", "http://localhost/?a=1&b=2"] }'
    expect(at(container(web(lines), { env: { AUTH: 'sesame-open' } }), 'readinessProbe.exec.command')).toEqual([
      'sh',
      '-c',
      `exec curl -H "$STORMPORT_HEALTHCHECK_3" 'http://localhost/?a=1&b=2'`,
    ])
  })

  it('is the one TCP port where none is written', () => {
    expect(container(web('ports: ["80:8080"]'))).toMatchObject({ readinessProbe: { tcpSocket: { port: 8080 } } })
  })

  it('is a second of running where there are several ports or none', () => {
    for (const lines of ['', 'ports: ["80:80", "81:81"]']) {
      const body = bodyOf(rendered(web(lines)), 'Deployment/web')
      expect(at(body, 'spec.minReadySeconds')).toBe(1)
      expect(at(body, CONTAINER)).not.toHaveProperty('readinessProbe')
    }
  })
})

describe('the kind of workload', () => {
  const kindOf = (compose: string, options = {}) =>
    rendered(compose, options).find((o) =>
      ['Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob'].includes(o.kind),
    )

  it('is a StatefulSet for one replica that must not run twice', () => {
    expect(kindOf(`${web('volumes: ["data:/d"]')}volumes: { data: {} }`)?.kind).toBe('StatefulSet')
    expect(kindOf(web('x-stormport: { singleton: true }'))?.kind).toBe('StatefulSet')
  })

  it('is a DaemonSet for mode global', () => {
    expect(kindOf(web('deploy: { mode: global }'))?.kind).toBe('DaemonSet')
  })

  it('is a Job with another name for another template', () => {
    const first = kindOf(web('command: [a]\nx-stormport: { job: {} }'))
    const second = kindOf(web('command: [b]\nx-stormport: { job: {} }'))
    expect(first?.kind).toBe('Job')
    expect(first?.name).toMatch(/^web-[0-9a-f]{10}$/)
    expect(second?.name).not.toBe(first?.name)
  })

  it('runs a job again with each release, or never, as the file says', () => {
    const always = (release: number) => kindOf(web('x-stormport: { job: { run: always } }'), { release })
    expect(always(1)?.name).not.toBe(always(2)?.name)
    const once = (command: string) => kindOf(web(`command: [${command}]\nx-stormport: { job: { run: once } }`))
    expect(once('a')).toMatchObject({ name: 'web', hash: once('b')?.hash })
  })

  it('is a CronJob for a schedule', () => {
    const objects = rendered(
      web('x-stormport: { schedule: { cron: "0 3 * * *", timezone: UTC, concurrency: forbid, startDeadline: 1h } }'),
    )
    expect(bodyOf(objects, 'CronJob/web')).toMatchObject({
      spec: { schedule: '0 3 * * *', timeZone: 'UTC', concurrencyPolicy: 'Forbid', startingDeadlineSeconds: 3600 },
    })
    expect(objects.some((o) => o.kind === 'Service')).toBe(false)
  })
})

describe('replicas', () => {
  it('are updated start-first without losing one, stop-first where the file or a port of the node says so', () => {
    const strategy = (lines: string) =>
      at(bodyOf(rendered(web(lines)), 'Deployment/web'), 'spec.strategy.rollingUpdate')
    expect(strategy('')).toEqual({ maxSurge: 1, maxUnavailable: 0 })
    expect(strategy('deploy: { update_config: { parallelism: 2, order: stop-first } }')).toEqual({
      maxSurge: 0,
      maxUnavailable: 2,
    })
    expect(strategy('ports: [{ target: 80, published: "80", mode: host }]')).toEqual({ maxSurge: 0, maxUnavailable: 1 })
  })

  it('belong to the autoscaler where there is one', () => {
    const lines =
      'deploy: { resources: { reservations: { cpus: "0.5" } } }\nx-stormport: { autoscale: { min: 2, max: 20, cpu: 60 } }'
    const objects = rendered(web(lines), { counts: { web: 2 } })
    expect(at(bodyOf(objects, 'Deployment/web'), 'spec')).not.toHaveProperty('replicas')
    expect(at(bodyOf(objects, 'HorizontalPodAutoscaler/web'), 'spec')).toMatchObject({
      minReplicas: 2,
      maxReplicas: 20,
      metrics: [{ resource: { name: 'cpu', target: { averageUtilization: 60 } } }],
    })
    expect(bodyOf(objects, 'PodDisruptionBudget/web')).toMatchObject({ spec: { maxUnavailable: 1 } })
  })

  it('share the bounds of an autoscaler with other targets by their part of the whole, and keep all of them alone', () => {
    const lines =
      'deploy: { replicas: 8, resources: { reservations: { cpus: "0.5" } } }\nx-stormport: { autoscale: { min: 4, max: 20, cpu: 60 } }'
    const boundsOf = (count: number, total: number) => {
      const objects = rendered(web(lines), { counts: { web: count }, totals: { web: total } })
      const spec = at(bodyOf(objects, 'HorizontalPodAutoscaler/web'), 'spec')
      return [at(spec, 'minReplicas'), at(spec, 'maxReplicas')]
    }
    expect(boundsOf(8, 8)).toEqual([4, 20])
    expect(boundsOf(5, 5)).toEqual([4, 20])
    expect([boundsOf(6, 8), boundsOf(2, 8)]).toEqual([
      [3, 15],
      [1, 5],
    ])
  })

  it('spread softly over zones and nodes', () => {
    const spec = at(bodyOf(rendered(web('deploy: { replicas: 3 }')), 'Deployment/web'), 'spec.template.spec')
    expect(at(spec, 'topologySpreadConstraints')).toMatchObject([
      { topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway' },
      { topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway' },
    ])
  })

  it('stay on one node when they share a volume that only one node can mount', () => {
    const compose = `${web('deploy: { replicas: 2 }\nvolumes: ["data:/d"]')}volumes: { data: {} }`
    const affinity = (facts: object) =>
      at(bodyOf(rendered(compose, { facts }), 'Deployment/web'), 'spec.template.spec.affinity.podAffinity')
    expect(affinity({})).toBeDefined()
    const shared = { defaultStorageClass: 'nfs', sharedStorageClasses: ['nfs'] }
    expect(affinity(shared)).toBeUndefined()
    expect(at(bodyOf(rendered(compose, { facts: shared }), 'PersistentVolumeClaim/data'), 'spec.accessModes')).toEqual([
      'ReadWriteMany',
    ])
  })
})

describe('names that resolve elsewhere', () => {
  it('are a Service to a name and a hosts entry to an address', () => {
    const objects = rendered(web(''), { reach: { web: { db: 'db.shop.internal:5432', cache: '10.0.0.9:6379' } } })
    expect(at(bodyOf(objects, 'Service/db'), 'spec')).toEqual({
      type: 'ExternalName',
      externalName: 'db.shop.internal',
    })
    expect(at(bodyOf(objects, 'Deployment/web'), 'spec.template.spec.hostAliases')).toEqual([
      { ip: '10.0.0.9', hostnames: ['cache'] },
    ])
  })
})

describe('what is applied when', () => {
  it('puts the namespace first, workloads by their dependencies, routes last', () => {
    const objects = rendered(`
services:
  web: { image: web:1, ports: ["80:80"], depends_on: [db], x-stormport: { expose: { host: a.example.com } } }
  db: { image: db:1 }
`)
    const stage = (address: string) => objects.find((o) => `${o.kind}/${o.name}` === address)?.stage ?? -1
    const order = ['Namespace/shop', 'Service/web', 'Deployment/db', 'Deployment/web', 'Service/web-expose'].map(stage)
    expect(order).toEqual([...order].sort((a, b) => a - b))
    expect(new Set(order).size).toBe(order.length)
    expect(objects.find((o) => o.kind === 'Deployment' && o.name === 'web')?.after).toContain('apps/Deployment/shop/db')
  })

  it('waits for what a dependent needs healthy or ended, not for what only has to be started', () => {
    const objects = rendered(`
services:
  web: { image: web:1, depends_on: { db: { condition: service_healthy }, migrate: { condition: service_completed_successfully }, log: { condition: service_started } } }
  db: { image: db:1, healthcheck: { test: ["CMD", "ok"] } }
  migrate: { image: m:1 }
  log: { image: log:1 }
`)
    const awaited = objects.find((o) => o.kind === 'Deployment' && o.name === 'web')?.awaits ?? []
    expect(awaited).toHaveLength(2)
    expect(awaited).toContain('apps/Deployment/shop/db')
    expect(awaited.some((id) => id.startsWith('batch/Job/shop/migrate-'))).toBe(true)
  })

  it('makes no namespace that every cluster has', () => {
    expect(rendered(web(''), { target: { settings: { namespace: 'default' } } }).map((o) => o.kind)).not.toContain(
      'Namespace',
    )
  })
})
