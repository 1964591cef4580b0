// What render makes is taken by a real API server: every object of every corpus file that the verdicts let through passes a
// strict server dry run, and a pod of every template passes in a namespace that enforces the level that render named.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { App } from '../../../core/model/app.ts'
import { hasErrors } from '../../../core/model/diagnostic.ts'
import type { NativeObject } from '../../../core/model/native-object.ts'
import { renderContext } from '../../../providers/kubernetes/render/context.ts'
import { render } from '../../../providers/kubernetes/render/index.ts'
import { namespaceLevel } from '../../../providers/kubernetes/render/namespace.ts'
import { verdicts } from '../../../providers/kubernetes/verdicts/index.ts'
import { specOf } from '../../builders/kubernetes.ts'
import { type Minor, type Plane, startPlane } from '../../clusters/index.ts'
import { allCases } from '../../compose/corpus.ts'
import { type Level, loadApp } from '../../judges/apps.ts'
import { makeLevelNamespaces, refusals } from '../../judges/dry-run.ts'

interface Rendered {
  readonly objects: readonly NativeObject[]
  readonly level: Level
}

/** With a port of the nodes for each published one, as the judges do not ask; null where the app is refused. */
const renderedOf = (app: App, minor: Minor): Rendered | null => {
  const level = namespaceLevel(renderContext(specOf(app).target, specOf(app)))
  const spec = specOf(app, { version: minor, target: { publish: 'nodePort' } })
  return hasErrors(verdicts(spec.target, spec)) ? null : { objects: render(spec.target, spec), level }
}

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
    await makeLevelNamespaces(plane)
  })
  afterAll(() => plane?.stop())

  it.each(Object.entries(RICH))('takes %s', async (_what, services) => {
    const app = loadApp({ name: 'rich', topic: 'kube', files: { 'app/compose.yaml': RICH_FILE(services) }, args: {} })
    if (app === null) throw new Error('the file is refused')
    const rendered = renderedOf(app, minor)
    if (rendered === null) throw new Error('the application is refused')
    expect(rendered.objects.length).toBeGreaterThan(0)
    expect(await refusals(plane, rendered.objects, rendered.level)).toEqual([])
  })

  it('takes every object of the corpus', async () => {
    const found: string[] = []
    let apps = 0
    let objects = 0
    for (const one of allCases()) {
      const app = loadApp(one)
      const rendered = app === null ? null : renderedOf(app, minor)
      if (rendered === null) continue
      apps++
      objects += rendered.objects.length
      const refused = await refusals(plane, rendered.objects, rendered.level)
      found.push(...refused.map((message) => `${one.topic} ${one.name}: ${message}`))
    }
    console.log(`${objects} objects of ${apps} applications were tried`)
    expect(found).toEqual([])
    expect(apps).toBeGreaterThanOrEqual(250)
  })
})
