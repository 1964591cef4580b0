import { describe, expect, it } from 'vitest'
import type { AllocSpec } from '../../daemon/driver.ts'
import { baseEnvironment, type LaunchHost, launchOf, MARK } from './launch.ts'

const host: LaunchHost = {
  folder: '/state/allocs/0123456789ab',
  volumeFolder: (name) => `/state/volumes/${name}/data`,
  baseEnvironment: { PATH: '/bin' },
  uid: 0,
}

const specOf = (container: Partial<AllocSpec['container']>, more: Partial<AllocSpec> = {}): AllocSpec => ({
  id: '0123456789ab',
  app: 'a',
  target: 't',
  service: 'web',
  slot: 1,
  release: 1,
  name: 'a-web-1-012345',
  ports: [],
  gpuIds: [],
  stop: { gracePeriodMs: 10_000, signal: null },
  ...more,
  container: {
    image: null,
    pullPolicy: 'missing',
    command: ['serve'],
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

const bind = (source: string, target: string) => ({
  kind: 'bind' as const,
  source,
  target,
  readOnly: false,
  createHostPath: true,
  propagation: null,
})
const file = (target: string) => ({ target, content: 'x', uid: null, gid: null, mode: null })

describe('what a host process runs', () => {
  it('is entrypoint and command, with container paths resolved', () => {
    const launch = launchOf(
      specOf({
        entrypoint: ['node'],
        command: ['/app/server.mjs', '/data'],
        workingDir: '/app/src',
        mounts: [
          bind('/p', '/app'),
          { kind: 'volume', name: 'v', target: '/data', readOnly: false, nocopy: false, subpath: null },
        ],
      }),
      host,
    )
    expect(launch.argv).toEqual(['node', '/p/server.mjs', '/state/volumes/v/data'])
    expect(launch.workingDir).toBe('/p/src')
  })

  it('stands in the first bind mount when the file names no folder', () => {
    expect(launchOf(specOf({ mounts: [bind('/p', '/app')] }), host).workingDir).toBe('/p')
    expect(launchOf(specOf({}), host).workingDir).toBeNull()
    expect(launchOf(specOf({ workingDir: '/srv/x' }), host).workingDir).toBe('/srv/x')
  })

  it('gets its ports over what the file says', () => {
    const ports = [
      { containerPort: 80, hostPort: 20_000, protocol: 'tcp' as const, hostIp: null },
      { containerPort: 81, hostPort: 20_001, protocol: 'tcp' as const, hostIp: null },
    ]
    const { environment } = launchOf(specOf({ environment: { PORT: '1', KEY: 'v' } }, { ports }), host)
    expect(environment).toEqual({
      PATH: '/bin',
      KEY: 'v',
      PORT: '20000',
      PORT_80: '20000',
      PORT_81: '20001',
      [MARK]: '0123456789ab',
    })
  })

  it('finds its files by folder, by argument and by a value that is exactly the path', () => {
    const { environment, argv } = launchOf(
      specOf({
        command: ['cat', '/run/secrets/key'],
        environment: { KEY_FILE: '/run/secrets/key', NOTE: 'see /run/secrets/key' },
        files: [file('/run/secrets/key')],
      }),
      host,
    )
    const path = '/state/allocs/0123456789ab/files/run/secrets/key'
    expect(argv).toEqual(['cat', path])
    expect(environment).toMatchObject({
      KEY_FILE: path,
      NOTE: 'see /run/secrets/key',
      STORMPORT_SECRETS: '/state/allocs/0123456789ab/files/run/secrets',
      STORMPORT_CONFIGS: '/state/allocs/0123456789ab/files',
    })
  })

  it('sees the GPUs that it was given', () => {
    expect(launchOf(specOf({}, { gpuIds: ['0', '2'] }), host).environment).toMatchObject({
      CUDA_VISIBLE_DEVICES: '0,2',
    })
  })

  it('runs as a numeric user where the daemon may', () => {
    const user = (text: string, uid: number) => launchOf(specOf({ compose: { user: text } }), { ...host, uid }).user
    expect(user('1000', 0)).toEqual({ uid: 1000, gid: 1000 })
    expect(user('1000:50', 0)).toEqual({ uid: 1000, gid: 50 })
    expect(user('1000', 1000)).toBeNull()
    expect(() => user('1000', 5)).toThrow(/cannot be taken on/)
    expect(() => user('node', 0)).toThrow(/a name of the image/)
  })

  it('is refused in words where the container would have more than a process can', () => {
    expect(() => launchOf(specOf({ command: null }), host)).toThrow(/web has no command/)
    expect(() => launchOf(specOf({ mounts: [bind('/p', '/app')], files: [file('/app/config.json')] }), host)).toThrow(
      /lies under a mount/,
    )
    expect(() => launchOf(specOf({ files: [file('/run/../../etc/x')] }), host)).toThrow(/leaves its folder/)
    expect(() => launchOf(specOf({ environment: { 'a.b': '1' } }), host)).toThrow(/a\.b/)
    expect(() => launchOf(specOf({ compose: { user: '5' }, files: [file('/run/secrets/key')] }), host)).toThrow(
      /cannot read/,
    )
  })
})

describe('the base environment', () => {
  it('has what programs expect and nothing else of the daemon', () => {
    const base = baseEnvironment(
      {
        PATH: '/bin',
        HOME: '/root',
        LC_ALL: 'C',
        AWS_SECRET_ACCESS_KEY: 'x',
        NODE_OPTIONS: '--inspect',
        STORMPORT_HOME: '/s',
      },
      '/opt/node/bin',
    )
    expect(base).toEqual({ PATH: '/bin:/opt/node/bin', HOME: '/root', LC_ALL: 'C' })
  })
})
