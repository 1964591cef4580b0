import { describe, expect, it } from 'vitest'
import type { App, Service } from '../model/app.ts'
import { Secret } from '../model/secret.ts'
import { buildApp } from './app.ts'
import { type FixtureOptions, fixtureFiles, fixtureFleet, fixtureProject } from './fixture.ts'

const FILES = fixtureFiles({ '/project/app.conf': 'listen 80', '/project/token.txt': 'canary' })

const build = (text: string, options: FixtureOptions = {}, fleet = fixtureFleet()): App => {
  const { app, diagnostics } = buildApp(fixtureProject(text, options), fleet, FILES)
  const errors = diagnostics.filter((found) => found.severity === 'error')
  if (app === null || errors.length > 0) throw new Error(errors.map((found) => found.message).join('; '))
  return app
}

const web = (body: string, options: FixtureOptions = {}): Service => {
  const service = build(`services:\n  web: ${body}\n  db: { image: postgres }\n`, options).services[0]
  if (service === undefined) throw new Error('no service')
  return service
}

describe('a service of the canonical project', () => {
  it('has Compose defaults for what is not written', () => {
    expect(web('{ image: "nginx:1", networks: { default: null } }')).toMatchObject({
      kind: 'service',
      image: 'nginx:1',
      build: null,
      command: null,
      entrypoint: null,
      environment: {},
      healthcheck: null,
      mode: 'replicated',
      replicas: 1,
      requests: { cpuMillis: 100, memoryBytes: 128 * 1024 ** 2 },
      stated: { cpu: false, memory: false },
      limits: { cpuMillis: null, memoryBytes: null, pids: null },
      gpu: null,
      maxReplicasPerNode: null,
      networks: { default: { aliases: [] } },
      restart: null,
      update: { parallelism: 1, delayMs: 0, monitorMs: 5000, maxFailureRatio: null, failureAction: null, order: null },
      stop: { gracePeriodMs: 10_000, signal: null },
      span: { file: '/project/compose.yaml', line: 2, column: 3 },
    })
  })

  it('reads deploy in full', () => {
    const service = web(`
    image: x
    deploy:
      mode: replicated
      replicas: 6
      resources:
        limits: { cpus: 1.5, memory: "536870912", pids: 50 }
        reservations: { cpus: "0.25", memory: "67108864" }
      placement:
        constraints: ["node.labels.zone == a", "node.hostname!=n1"]
        preferences: [{ spread: node.labels.zone }]
        max_replicas_per_node: 2
      restart_policy: { condition: on-failure, delay: 5s, max_attempts: 3, window: 2m0s }
      update_config: { parallelism: 2, delay: 10s, monitor: 1m0s, order: start-first, failure_action: rollback, max_failure_ratio: 0.1 }
      rollback_config: { order: stop-first }`)
    expect(service).toMatchObject({
      replicas: 6,
      limits: { cpuMillis: 1500, memoryBytes: 512 * 1024 ** 2, pids: 50 },
      requests: { cpuMillis: 250, memoryBytes: 64 * 1024 ** 2 },
      stated: { cpu: true, memory: true },
      constraints: [
        { key: 'node.labels.zone', operator: '==', value: 'a' },
        { key: 'node.hostname', operator: '!=', value: 'n1' },
      ],
      preferences: [{ spread: 'node.labels.zone' }],
      maxReplicasPerNode: 2,
      restart: { condition: 'on-failure', delayMs: 5000, maxAttempts: 3, windowMs: 120_000 },
      update: {
        parallelism: 2,
        delayMs: 10_000,
        monitorMs: 60_000,
        order: 'start-first',
        failureAction: 'rollback',
        maxFailureRatio: 0.1,
      },
      rollback: { order: 'stop-first' },
    })
  })

  it('reads the older keys for limits and keeps requests below them', () => {
    expect(web('{ image: x, cpus: 0.05, mem_limit: "33554432", pids_limit: 9, scale: 2 }')).toMatchObject({
      replicas: 2,
      limits: { cpuMillis: 50, memoryBytes: 32 * 1024 ** 2, pids: 9 },
      requests: { cpuMillis: 50, memoryBytes: 32 * 1024 ** 2 },
    })
    expect(web('{ image: x, mem_reservation: "1048576" }')).toMatchObject({
      requests: { memoryBytes: 1024 ** 2 },
      stated: { memory: true },
    })
  })

  it.each([
    ['no', { condition: 'none', maxAttempts: null }],
    ['always', { condition: 'any' }],
    ['unless-stopped', { condition: 'any' }],
    ['on-failure', { condition: 'on-failure', maxAttempts: null }],
    ['on-failure:3', { condition: 'on-failure', maxAttempts: 3 }],
  ])('reads restart: %s', (word, wanted) => {
    expect(web(`{ image: x, restart: "${word}", ports: [{ target: 80 }] }`).restart).toMatchObject(wanted)
  })

  it('reads health checks, with Compose defaults for times', () => {
    expect(web('{ image: x, healthcheck: { test: [CMD, "true"], interval: 1m30s } }').healthcheck).toEqual({
      test: ['CMD', 'true'],
      intervalMs: 90_000,
      timeoutMs: 30_000,
      retries: 3,
      startPeriodMs: 0,
      startIntervalMs: 5000,
    })
    expect(web('{ image: x, healthcheck: { disable: true } }').healthcheck?.test).toBeNull()
    expect(web('{ image: x, healthcheck: { test: [NONE] } }').healthcheck?.test).toBeNull()
    expect(web('{ image: x, healthcheck: { interval: 5s } }').healthcheck?.test).toEqual([])
  })

  it('reads ports and exposed ports', () => {
    const service = web(`
    image: x
    ports:
      - { target: 80, published: "8080", host_ip: 127.0.0.1, protocol: udp, mode: ingress }
      - { target: 81, published: "8000-8010", mode: host, app_protocol: http }
      - { target: 82 }
    expose: ["3000", "4000-4001/udp"]`)
    expect(service.ports).toEqual([
      {
        target: 80,
        published: 8080,
        publishedRange: null,
        hostIp: '127.0.0.1',
        protocol: 'udp',
        mode: 'ingress',
        appProtocol: null,
      },
      {
        target: 81,
        published: null,
        publishedRange: [8000, 8010],
        hostIp: null,
        protocol: 'tcp',
        mode: 'host',
        appProtocol: 'http',
      },
      {
        target: 82,
        published: null,
        publishedRange: null,
        hostIp: null,
        protocol: 'tcp',
        mode: 'ingress',
        appProtocol: null,
      },
    ])
    expect(service.expose).toEqual([
      { port: 3000, protocol: 'tcp' },
      { port: 4000, protocol: 'udp' },
      { port: 4001, protocol: 'udp' },
    ])
  })

  it('reads every kind of mount', () => {
    const app = build(`
services:
  web:
    image: x
    volumes:
      - { type: volume, source: data, target: /d, read_only: true, volume: { nocopy: true, subpath: s } }
      - { type: volume, target: /anon }
      - { type: bind, source: /project/src, target: /src, bind: { create_host_path: true, propagation: rshared } }
      - { type: bind, source: /x, target: /x, bind: { create_host_path: false } }
      - { type: tmpfs, target: /t, tmpfs: { size: "1048576", mode: 1023 } }
      - { type: npipe, source: a, target: /p }
    tmpfs: ["/run:size=64m,mode=1777", /tmp]
volumes: { data: { name: shop_data, x-stormport: { size: 10GiB, class: ssd } }, unused: { name: shop_unused } }
`)
    expect(app.services[0]?.mounts).toEqual([
      { kind: 'volume', volume: 'data', target: '/d', readOnly: true, nocopy: true, subpath: 's' },
      { kind: 'anonymous', target: '/anon', readOnly: false },
      {
        kind: 'bind',
        source: '/project/src',
        target: '/src',
        readOnly: false,
        createHostPath: true,
        propagation: 'rshared',
      },
      { kind: 'bind', source: '/x', target: '/x', readOnly: false, createHostPath: false, propagation: null },
      { kind: 'tmpfs', target: '/t', sizeBytes: 1024 ** 2, mode: 1023 },
      { kind: 'other', type: 'npipe', target: '/p' },
      { kind: 'tmpfs', target: '/run', sizeBytes: 64 * 1024 ** 2, mode: 0o1777 },
      { kind: 'tmpfs', target: '/tmp', sizeBytes: null, mode: null },
    ])
    expect(app.volumes).toEqual([
      {
        key: 'data',
        name: 'shop_data',
        external: false,
        sizeBytes: 10 * 1024 ** 3,
        class: 'ssd',
        compose: { name: 'shop_data' },
      },
    ])
  })

  it('reads configs and secrets from files, variables and inline text; only used ones', () => {
    const app = build(
      `
services:
  web:
    image: x
    configs: [{ source: conf, target: /cfg, mode: "0440" }, { source: inline }, { source: ext }]
    secrets: [{ source: token, uid: "103" }, { source: env, target: named }]
configs:
  conf: { name: shop_conf, file: /project/app.conf }
  inline: { name: shop_inline, content: "a=1" }
  ext: { name: there, external: true }
  unused: { file: /project/none }
secrets:
  token: { name: shop_token, file: /project/token.txt }
  env: { name: shop_env, environment: TOKEN }
`,
      { environment: { TOKEN: 'canary' } },
    )
    expect(app.services[0]?.configs).toEqual([
      { source: 'conf', target: '/cfg', uid: null, gid: null, mode: 0o440 },
      { source: 'inline', target: '/inline', uid: null, gid: null, mode: null },
      { source: 'ext', target: '/ext', uid: null, gid: null, mode: null },
    ])
    expect(app.services[0]?.secrets.map((mount) => mount.target)).toEqual(['/run/secrets/token', '/run/secrets/named'])
    expect(app.configs.map(({ key, content, external }) => [key, content, external])).toEqual([
      ['conf', 'listen 80', false],
      ['inline', 'a=1', false],
      ['ext', null, true],
    ])
    expect(
      app.secrets.map(({ content }) => (content instanceof Secret ? [content.name, content.reveal()] : content)),
    ).toEqual([
      ['secrets.token', 'canary'],
      ['secrets.env', 'canary'],
    ])
  })

  it('says which config or secret cannot be read', () => {
    const { app, diagnostics } = buildApp(
      fixtureProject(
        'services:\n  web: { image: x, secrets: [{ source: a }, { source: b }] }\nsecrets:\n  a: { environment: GONE }\n  b: { file: /project/gone }\n',
      ),
      fixtureFleet(),
      FILES,
    )
    expect(app).toBeNull()
    expect(diagnostics).toMatchObject([
      { code: 'SP1325', message: 'secret a comes from the variable GONE, which is not set', span: { line: 4 } },
      { code: 'SP1325', message: 'secret b comes from /project/gone, which cannot be read', span: { line: 5 } },
    ])
  })

  it('reads dependencies, links and networks', () => {
    const app = build(`
services:
  web:
    image: x
    depends_on: { db: { condition: service_healthy, required: true, restart: true }, cache: { condition: service_started, required: false } }
    links: ["db:database", cache]
    networks: { front: { aliases: [www] }, back: null }
  db: { image: x, networks: { back: null } }
  cache: { image: x, network_mode: host }
networks: { front: { name: shop_front, internal: true }, back: { name: there, external: true }, unused: { name: shop_unused } }
`)
    expect(app.services[0]).toMatchObject({
      dependsOn: [
        { service: 'db', condition: 'service_healthy', required: true, restart: true },
        { service: 'cache', condition: 'service_started', required: false, restart: false },
      ],
      links: { database: 'db', cache: 'cache' },
      networks: { front: { aliases: ['www'] }, back: { aliases: [] } },
    })
    expect(app.services[2]?.networks).toEqual({})
    expect(
      app.networks.map(({ key, name, external, internal, isDefault }) => ({
        key,
        name,
        external,
        internal,
        isDefault,
      })),
    ).toEqual([
      { key: 'front', name: 'shop_front', external: false, internal: true, isDefault: false },
      { key: 'back', name: 'there', external: true, internal: false, isDefault: false },
    ])
  })

  it.each([
    ['gpus: all', '{ image: x, gpus: [{ count: -1 }] }', { count: 1, all: true, deviceIds: [] }],
    [
      'devices with a count',
      '{ image: x, deploy: { resources: { reservations: { devices: [{ capabilities: [gpu], count: 2 }] } } } }',
      { count: 2 },
    ],
    [
      'devices by id',
      '{ image: x, deploy: { resources: { reservations: { devices: [{ capabilities: [gpu], device_ids: ["0", "3"] }] } } } }',
      { count: 2, deviceIds: ['0', '3'] },
    ],
    [
      'devices without count',
      '{ image: x, deploy: { resources: { reservations: { devices: [{ capabilities: [gpu] }] } } } }',
      { count: 1, all: true },
    ],
    [
      'x-stormport alone',
      '{ image: x, x-stormport: { gpu: { models: [a10, nvidia-l4], memory: ">=24GiB" } } }',
      { count: 1, models: ['a10', 'a10g', 'l4'], minMemoryBytes: 24 * 1024 ** 3, sharing: 'refuse', share: 1 },
    ],
    [
      'both',
      '{ image: x, gpus: [{ count: 2 }], x-stormport: { gpu: { models: [t4] } } }',
      { count: 2, models: ['t4'] },
    ],
  ])('reads GPU wishes: %s', (_, body, wanted) => {
    expect(web(body).gpu).toMatchObject(wanted)
  })

  it('asks for no GPU when the devices are others', () => {
    expect(
      web('{ image: x, deploy: { resources: { reservations: { devices: [{ capabilities: [tpu], count: 1 }] } } } }')
        .gpu,
    ).toBeNull()
  })

  it('keeps rarer keys for adapters, without those that may hold secrets', () => {
    const service = web(
      '{ image: x, user: "1000", cap_add: [NET_ADMIN], environment: { A: b }, command: [x], x-stormport: { gang: true } }',
    )
    expect(service.compose).toEqual({ image: 'x', user: '1000', cap_add: ['NET_ADMIN'] })
  })

  it('knows where its keys stand', () => {
    const service = web(
      '\n    image: x\n    ports: [{ target: 80 }]\n    deploy:\n      replicas: 2\n    x-stormport:\n      gang: true',
    )
    expect(service.spans['deploy.replicas']).toMatchObject({ line: 6, column: 7 })
    expect(service.spans['ports.0']?.line).toBe(4)
    expect(service.spans['x-stormport.gang']?.line).toBe(8)
  })
})
