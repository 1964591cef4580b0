import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { App } from '../../../core/model/app.ts'
import { hasErrors } from '../../../core/model/diagnostic.ts'
import type { NativeObject } from '../../../core/model/native-object.ts'
import { mapSecrets } from '../../../core/model/secret-walk.ts'
import { RESOURCES } from '../../../providers/kubernetes/rbac.ts'
import { renderContext } from '../../../providers/kubernetes/render/context.ts'
import { render } from '../../../providers/kubernetes/render/index.ts'
import { namespaceLevel } from '../../../providers/kubernetes/render/namespace.ts'
import { verdicts } from '../../../providers/kubernetes/verdicts/index.ts'
import { at, specOf } from '../../builders/kubernetes.ts'
import { type Minor, type Plane, startPlane } from '../../clusters/index.ts'
import { allCases } from '../../compose/corpus.ts'
import { loadCase } from '../../compose/load-case.ts'

const LEVELS = ['restricted', 'baseline', 'privileged'] as const

/** The objects with their real values, for a namespace that enforces the level of the app; null where the app is refused. */
const objectsOf = (app: App, minor: Minor): readonly NativeObject[] | null => {
  const level = namespaceLevel(renderContext(specOf(app).target, specOf(app)))
  const spec = specOf(app, {
    version: minor,
    target: { publish: 'nodePort', settings: { namespace: `level-${level}` } },
  })
  return hasErrors(verdicts(spec.target, spec)) ? null : render(spec.target, spec)
}

const pathOf = ({ id, kind }: NativeObject, body: unknown): string => {
  const [group = '', , namespace] = id.split('/')
  const version = String(at(body, 'apiVersion'))
  const root = group === 'core' ? `/api/${version}` : `/apis/${version}`
  return kind === 'Namespace' ? `${root}/namespaces` : `${root}/namespaces/${namespace}/${RESOURCES[kind]}`
}

const STRICT = 'dryRun=All&fieldValidation=Strict&fieldManager=stormport'

const RICH_FILE = (services: string): string => `
services:
${services}
networks: { back: { internal: true } }
volumes: { data: {}, share: { driver_opts: { type: nfs, o: "addr=10.0.0.1,rw", device: ":/data" } } }
configs: { conf: { content: hello } }
`

/** What few files of the corpus ask for. */
const RICH: Readonly<Record<string, string>> = {
  'a hardened service with everything': `
  web:
    image: web:1
    user: "10001:10001"
    read_only: true
    tmpfs: [/tmp]
    shm_size: 64m
    ports: ["80:8080", "53:53/udp", "30080:9000"]
    networks: { default: { aliases: [front] }, back: null }
    configs: [{ source: conf, target: /etc/conf, mode: 0440 }]
    dns_opt: ["ndots:2"]
    extra_hosts: ["db.internal:10.0.0.3"]
    hostname: front-1
    group_add: ["1000"]
    labels: { team: shop }
    sysctls: { net.ipv4.tcp_syncookies: "1" }
    security_opt: ["no-new-privileges", "apparmor=docker-default"]
    post_start: [{ command: ["true"] }]
    stop_grace_period: 20s
    healthcheck: { test: ["CMD-SHELL", "test $$(date) || exit 1"], start_period: 30s }
    deploy:
      resources: { limits: { cpus: "1", memory: 256M }, reservations: { cpus: "0.5", memory: 128M } }
      placement: { constraints: ["node.labels.disk == ssd"], preferences: [{ spread: node.labels.zone }] }
    x-stormport: { autoscale: { min: 2, max: 6, cpu: 60, memory: 80 }, expose: { host: a.example.com, tls: true } }`,
  'privileged services': `
  agent:
    image: agent:1
    privileged: true
    pid: host
    ipc: host
    network_mode: host
    volumes: ["/var/log:/var/log:ro"]
    x-stormport: { security: privileged, allow: [hostPath] }
  raw:
    image: raw:1
    cap_add: [NET_ADMIN, SYS_ADMIN]
    security_opt: ["seccomp=unconfined", "no-new-privileges:true"]
    ports: [{ target: 80, published: "8080", mode: host }]
    x-stormport: { allow: [seccomp, hostPort] }`,
  'GPUs, by count and by claim': `
  train: { image: t:1, x-stormport: { gpu: { models: [l4, a100], memory: ">=24GiB", count: 2 } } }
  infer: { image: i:1, x-stormport: { gpu: { models: [l4], count: 1, dra: true } } }`,
  'jobs, crons, daemons and shared data': `
  migrate: { image: m:1, x-stormport: { job: { run: always } }, volumes: ["data:/d"] }
  nightly: { image: n:1, x-stormport: { schedule: { cron: "0 3 * * *", timezone: UTC, concurrency: forbid, startDeadline: 1h } } }
  each: { image: e:1, deploy: { mode: global }, volumes: ["share:/s"] }
  two: { image: two:1, deploy: { replicas: 2, placement: { max_replicas_per_node: 2 } }, volumes: ["data:/d"] }
  one: { image: one:1, x-stormport: { singleton: true }, depends_on: { migrate: { condition: service_completed_successfully } } }`,
}

describe.each<Minor>(['1.36', '1.34'])('an API server of %s', (minor) => {
  let plane: Plane
  beforeAll(async () => {
    plane = await startPlane({ name: 'render', minor })
    for (const level of LEVELS)
      await plane.api.request('POST', '/api/v1/namespaces', {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: `level-${level}`, labels: { 'pod-security.kubernetes.io/enforce': level } },
      })
    for (const level of LEVELS)
      await plane.api.request('POST', `/api/v1/namespaces/level-${level}/serviceaccounts`, {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'any' },
      })
  })
  afterAll(() => plane?.stop())

  const refusal = async (path: string, body: unknown): Promise<string | null> => {
    try {
      await plane.api.request('POST', `${path}?${STRICT}`, body)
      return null
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }

  const refusals = async (objects: readonly NativeObject[]): Promise<readonly string[]> => {
    const sent = await Promise.all(
      objects.map(async (object) => {
        const body = mapSecrets(object.body, (secret) => secret.reveal() ?? '')
        const own = object.kind === 'Namespace' ? null : await refusal(pathOf(object, body), body)
        const template = at(body, 'spec.template') ?? at(body, 'spec.jobTemplate.spec.template')
        const namespace = object.id.split('/')[2]
        const pod = { apiVersion: 'v1', kind: 'Pod', ...Object(template) }
        const named = {
          ...pod,
          metadata: { ...Object(at(template, 'metadata')), name: 'try' },
          spec: { ...Object(at(template, 'spec')), serviceAccountName: 'any' },
        }
        return [own, template === undefined ? null : await refusal(`/api/v1/namespaces/${namespace}/pods`, named)]
      }),
    )
    return sent.flat().flatMap((message) => message ?? [])
  }

  it.each(Object.entries(RICH))('takes %s', async (_what, services) => {
    const app = loadCase({ name: 'rich', topic: 'kube', files: { 'app/compose.yaml': RICH_FILE(services) }, args: {} })
    if (app === null) throw new Error('the file is refused')
    const objects = objectsOf(app, minor)
    expect(objects).not.toBeNull()
    expect(await refusals(objects ?? [])).toEqual([])
  })

  it('takes every object of the corpus', async () => {
    const found: string[] = []
    let apps = 0
    let objects = 0
    for (const one of allCases()) {
      const app = loadCase(one)
      const rendered = app === null ? null : objectsOf(app, minor)
      if (rendered === null) continue
      apps++
      objects += rendered.length
      found.push(...(await refusals(rendered)).map((message) => `${one.topic} ${one.name}: ${message}`))
    }
    console.log(`${objects} objects of ${apps} applications were tried`)
    expect(found).toEqual([])
    expect(apps).toBeGreaterThan(50)
  })
})
