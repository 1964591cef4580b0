import { describe, expect, it } from 'vitest'
import { fixtureWeb } from './fixture.ts'

describe('a service of the canonical project', () => {
  it('has Compose defaults for what is not written', () => {
    expect(fixtureWeb('{ image: "nginx:1", networks: { default: null } }')).toMatchObject({
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
    const service = fixtureWeb(`
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

  it.each([
    ['no', { condition: 'none', maxAttempts: null }],
    ['always', { condition: 'any' }],
    ['unless-stopped', { condition: 'any' }],
    ['on-failure', { condition: 'on-failure', maxAttempts: null }],
    ['on-failure:3', { condition: 'on-failure', maxAttempts: 3 }],
  ])('reads restart: %s', (word, wanted) => {
    expect(fixtureWeb(`{ image: x, restart: "${word}", ports: [{ target: 80 }] }`).restart).toMatchObject(wanted)
  })

  it('reads health checks, with Compose defaults for times', () => {
    expect(fixtureWeb('{ image: x, healthcheck: { test: [CMD, "true"], interval: 1m30s } }').healthcheck).toEqual({
      test: ['CMD', 'true'],
      intervalMs: 90_000,
      timeoutMs: 30_000,
      retries: 3,
      startPeriodMs: 0,
      startIntervalMs: 5000,
    })
    expect(fixtureWeb('{ image: x, healthcheck: { disable: true } }').healthcheck?.test).toBeNull()
    expect(fixtureWeb('{ image: x, healthcheck: { test: [NONE] } }').healthcheck?.test).toBeNull()
    expect(fixtureWeb('{ image: x, healthcheck: { interval: 5s } }').healthcheck?.test).toEqual([])
  })

  it('reads ports and exposed ports', () => {
    const service = fixtureWeb(`
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

  it('keeps rarer keys for adapters, without those that may hold secrets', () => {
    const service = fixtureWeb(
      '{ image: x, user: "1000", cap_add: [NET_ADMIN], environment: { A: b }, command: [x], x-stormport: { gang: true } }',
    )
    expect(service.compose).toEqual({ image: 'x', user: '1000', cap_add: ['NET_ADMIN'] })
  })

  it('knows where its keys stand', () => {
    const service = fixtureWeb(
      '\n    image: x\n    ports: [{ target: 80 }]\n    deploy:\n      replicas: 2\n    x-stormport:\n      gang: true',
    )
    expect(service.spans['deploy.replicas']).toMatchObject({ line: 6, column: 7 })
    expect(service.spans['ports.0']?.line).toBe(4)
    expect(service.spans['x-stormport.gang']?.line).toBe(8)
  })
})
