import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AllocSpec } from '../../daemon/driver.ts'
import { createBody, endpointOf, networkOrder } from './container.ts'
import { planFiles } from './files.ts'

const alloc = (container: Partial<AllocSpec['container']> = {}, change: Partial<AllocSpec> = {}): AllocSpec => ({
  id: 'a1b2c3d4e5f6',
  app: 'shop',
  target: 'local',
  service: 'web',
  slot: 2,
  release: 7,
  name: 'shop-web-2-a1b2c3',
  ports: [],
  gpuIds: [],
  stop: { gracePeriodMs: 1_500, signal: 'SIGQUIT' },
  ...change,
  container: {
    image: 'web:1',
    pullPolicy: 'missing',
    command: null,
    entrypoint: null,
    environment: {},
    workingDir: null,
    mounts: [],
    files: [],
    networks: [],
    extraHosts: {},
    limits: { cpuMillis: null, memoryBytes: null, pids: null },
    labels: {},
    bestEffortLimits: false,
    compose: {},
    ...container,
  },
})

const context = { owner: 'me', apiVersion: '1.41', boundFiles: {} }
const body = (...args: Parameters<typeof alloc>): Record<string, unknown> & { HostConfig: Record<string, unknown> } =>
  createBody(alloc(...args), context) as Record<string, unknown> & { HostConfig: Record<string, unknown> }

describe('the body of a create', () => {
  test('leaves healing and health checks to the daemon, and states nothing that the file does not', () => {
    const made = body()
    expect(made.HostConfig['RestartPolicy']).toEqual({ Name: 'no' })
    expect(made['Healthcheck']).toEqual({ Test: ['NONE'] })
    expect(made).toMatchObject({ Image: 'web:1', StopSignal: 'SIGQUIT', StopTimeout: 2 })
    for (const key of ['Cmd', 'Entrypoint', 'User', 'Hostname']) expect(made).not.toHaveProperty(key)
    for (const key of ['Memory', 'NanoCpus', 'PidsLimit', 'Privileged', 'DeviceRequests', 'LogConfig'])
      expect(made.HostConfig).not.toHaveProperty(key)
  })

  test('carries the labels by which it is found again, whatever labels the file has', () => {
    const labels = { 'stormport.dev/alloc': 'forged', 'stormport.dev/owner': 'forged', tier: 'front' }
    expect(body({ labels })['Labels']).toEqual({
      tier: 'front',
      'stormport.dev/owner': 'me',
      'stormport.dev/alloc': 'a1b2c3d4e5f6',
      'stormport.dev/app': 'shop',
      'stormport.dev/target': 'local',
      'stormport.dev/service': 'web',
      'stormport.dev/slot': '2',
      'stormport.dev/release': '7',
    })
  })

  test('an empty entrypoint drops the one of the image', () => {
    expect(body({ entrypoint: [] })['Entrypoint']).toEqual([''])
  })

  test('the network of highest priority is the main one; service and aliases resolve on each', () => {
    const spec = alloc({
      networks: [
        { name: 'shop_back', aliases: ['web', 'api'] },
        { name: 'shop_front', aliases: [] },
      ],
      compose: { networks: { back: {}, front: { priority: 10, ipv4_address: '10.0.0.9' } } },
    })
    expect(networkOrder(spec)).toEqual(['shop_front', 'shop_back'])
    expect(endpointOf(spec, 'shop_back')).toEqual({ Aliases: ['web', 'api'] })
    expect(createBody(spec, context)).toMatchObject({
      HostConfig: { NetworkMode: 'shop_front' },
      NetworkingConfig: {
        EndpointsConfig: { shop_front: { Aliases: ['web'], IPAMConfig: { IPv4Address: '10.0.0.9' } } },
      },
    })
  })

  test('the network of another container is refused in words', () => {
    expect(() => body({ compose: { network_mode: 'service:db' } })).toThrow(/share the network/)
    expect(() => body({ compose: { pid: 'service:db' } })).toThrow(/fixed container/)
  })

  test('GPUs are exactly the given ids, never a count', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 8 }), (gpuIds) => {
        const made = body({ compose: { gpus: [{ count: 'all', capabilities: ['gpu'] }] } }, { gpuIds })
        expect(made.HostConfig['DeviceRequests']).toEqual([
          { Driver: 'nvidia', DeviceIDs: gpuIds, Capabilities: [['gpu']], Options: {} },
        ])
      }),
    )
    expect(body({ compose: { gpus: [{ count: 'all' }] } }).HostConfig).not.toHaveProperty('DeviceRequests')
  })

  test('a bind that makes its folder takes the short form, unless a colon would split it', () => {
    const bind = (source: string) =>
      ({ kind: 'bind', source, target: '/x', readOnly: true, createHostPath: true, propagation: 'rslave' }) as const
    const made = body({ mounts: [bind('/a'), bind('/a:b')] })
    expect(made.HostConfig['Binds']).toEqual(['/a:/x:ro,rslave'])
    expect(made.HostConfig['Mounts']).toEqual([
      { Type: 'bind', Source: '/a:b', Target: '/x', ReadOnly: true, BindOptions: { Propagation: 'rslave' } },
    ])
  })

  test('blkio and rarer limits keep their units', () => {
    const compose = {
      blkio_config: { weight: 300, device_read_bps: [{ path: '/dev/sda', rate: '1048576' }] },
      memswap_limit: '-1',
      ulimits: { nproc: { single: 9 } },
    }
    expect(body({ compose }).HostConfig).toMatchObject({
      BlkioWeight: 300,
      BlkioDeviceReadBps: [{ Path: '/dev/sda', Rate: 1048576 }],
      MemorySwap: -1,
      Ulimits: [{ Name: 'nproc', Soft: 9, Hard: 9 }],
    })
  })
})

describe('configs and secrets', () => {
  const file = (target: string) => ({ target, content: 'x', uid: null, gid: null, mode: null })

  test('are bound where the root is read-only or a mount lies over their place, else uploaded', () => {
    const files = [file('/run/secrets/a'), file('/data/conf'), file('/database')]
    const mounts = [
      { kind: 'volume', name: 'v', target: '/data', readOnly: false, nocopy: false, subpath: null } as const,
    ]
    const { upload, bind } = planFiles(alloc({ files, mounts }))
    expect([upload.map((f) => f.target), bind.map((f) => f.target)]).toEqual([
      ['/run/secrets/a', '/database'],
      ['/data/conf'],
    ])
    expect(planFiles(alloc({ files, compose: { read_only: true } })).upload).toEqual([])
  })
})
