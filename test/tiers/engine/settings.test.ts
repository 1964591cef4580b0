// What Compose states about a container holds inside it: networks, volumes, files, limits, rights.
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { NetworkBody, VolumeBody } from '../../../providers/local/spec.ts'
import { startEngine, type TestEngine } from '../../engines/engine.ts'
import { loadImage } from '../../engines/images.ts'
import { createFixture, type Fixture } from './fixture.ts'

const network = (key: string, change: Partial<NetworkBody> = {}): NetworkBody => ({
  kind: 'network',
  app: 'shop',
  key,
  name: `shop_${key}`,
  external: false,
  internal: false,
  compose: {},
  ...change,
})
const volume = (key: string, change: Partial<VolumeBody> = {}): VolumeBody => ({
  kind: 'volume',
  app: 'shop',
  key,
  name: `shop_${key}`,
  external: false,
  compose: {},
  drivers: ['docker'],
  ...change,
})

describe.each(['debian', 'current'] as const)('on the %s engine', (kind) => {
  let engine: TestEngine
  let on: Fixture
  let scratch: string

  beforeAll(async () => {
    engine = await startEngine({ kind })
    await loadImage(engine.host, 'busybox')
    on = await createFixture(engine.host)
    scratch = await mkdtemp(join(tmpdir(), 'stormport-binds-'))
  }, 90_000)

  afterAll(async () => {
    await on?.cleanUp()
    await engine?.stop()
    await rm(scratch, { recursive: true, force: true })
  }, 90_000)

  test('services find each other by name and alias on their network, and only there', async () => {
    for (const key of ['front', 'back']) await on.driver.ensureNetwork(network(key), on.signal)
    const api = await on.run({
      service: 'api',
      container: { command: ['httpd', '-f', '-p', '80'], networks: [{ name: 'shop_back', aliases: ['backend'] }] },
    })
    const web = await on.run({
      container: {
        networks: [
          { name: 'shop_front', aliases: [] },
          { name: 'shop_back', aliases: [] },
        ],
      },
    })
    // An unknown name is asked of the machine's own server, which does not answer here: give up soon.
    const out = await on.run({
      container: { networks: [{ name: 'shop_front', aliases: [] }], compose: { dns_opt: ['timeout:1', 'attempts:1'] } },
    })
    const reaches = async (id: string, host: string): Promise<boolean> =>
      (await on.sh(id, `ping -c 1 -W 2 ${host}`)).code === 0
    expect(await reaches(web.id, 'api')).toBe(true)
    expect(await reaches(web.id, 'backend')).toBe(true)
    expect(await reaches(out.id, 'api')).toBe(false)
    for (const { id } of [api, web, out]) await on.driver.remove(id, on.signal)
    for (const key of ['front', 'back']) await on.driver.removeNetwork(`shop_${key}`, on.signal)
  })

  test('a network that is there is used and stays; ours is made once and removed', async () => {
    await on.driver.client.json(
      { method: 'POST', path: '/networks/create', json: { Name: 'shop_theirs' }, operation: 'create' },
      on.signal,
    )
    expect((await on.driver.ensureNetwork(network('theirs'), on.signal)).existed).toBe(true)
    await on.driver.removeNetwork('shop_theirs', on.signal)
    expect((await on.driver.ensureNetwork(network('theirs', { external: true }), on.signal)).existed).toBe(true)
    const made = await Promise.all([
      on.driver.ensureNetwork(network('own'), on.signal),
      on.driver.ensureNetwork(network('own'), on.signal),
    ])
    expect(made.map((each) => each.existed)).toEqual([false, false])
    const { Labels } = await on.driver.client.json<{ Labels: Record<string, string> }>(
      { method: 'GET', path: '/networks/shop_own', operation: 'inspect' },
      on.signal,
    )
    expect(Labels).toMatchObject({ 'com.docker.compose.project': 'shop', 'com.docker.compose.network': 'own' })
    await on.driver.removeNetwork('shop_own', on.signal)
    await on.driver.removeNetwork('shop_own', on.signal)
    await expect(on.driver.ensureNetwork(network('gone', { external: true }), on.signal)).rejects.toMatchObject({
      code: 'Unplaceable',
    })
  })

  test('a fixed address is the one that the container has', async () => {
    const ipam = { config: [{ subnet: '10.213.255.0/24' }] }
    await on.driver.ensureNetwork(network('fixed', { compose: { ipam } }), on.signal)
    const { id } = await on.run({
      container: {
        networks: [{ name: 'shop_fixed', aliases: [] }],
        compose: { networks: { fixed: { ipv4_address: '10.213.255.77' } } },
      },
    })
    expect((await on.sh(id, 'hostname -i')).out).toBe('10.213.255.77')
    await on.driver.remove(id, on.signal)
    await on.driver.removeNetwork('shop_fixed', on.signal)
  })

  test('a named volume keeps its data over containers; one that was there is never removed', async () => {
    expect((await on.driver.ensureVolume(volume('data'), on.signal)).existed).toBe(false)
    const mounts = [
      { kind: 'volume', name: 'shop_data', target: '/data', readOnly: false, nocopy: false, subpath: null } as const,
    ]
    const first = await on.run({ container: { mounts } })
    await on.sh(first.id, 'echo kept > /data/x')
    await expect(on.driver.removeVolume('shop_data', on.signal)).rejects.toMatchObject({ code: 'Conflict' })
    await on.driver.remove(first.id, on.signal)
    const second = await on.run({ container: { mounts } })
    expect((await on.sh(second.id, 'cat /data/x')).out).toBe('kept')
    await on.driver.remove(second.id, on.signal)
    await on.driver.removeVolume('shop_data', on.signal)
    await on.driver.client.json(
      { method: 'POST', path: '/volumes/create', json: { Name: 'shop_old' }, operation: 'create' },
      on.signal,
    )
    expect((await on.driver.ensureVolume(volume('old'), on.signal)).existed).toBe(true)
    await on.driver.removeVolume('shop_old', on.signal)
    expect((await on.driver.ensureVolume(volume('old', { external: true }), on.signal)).existed).toBe(true)
  })

  test('binds, tmpfs and anonymous volumes are mounted as written', async () => {
    await writeFile(join(scratch, 'file'), 'from the host')
    const { id } = await on.run({
      container: {
        mounts: [
          { kind: 'bind', source: scratch, target: '/host', readOnly: true, createHostPath: false, propagation: null },
          {
            kind: 'bind',
            source: join(scratch, 'made', 'for', 'it'),
            target: '/made',
            readOnly: false,
            createHostPath: true,
            propagation: null,
          },
          { kind: 'tmpfs', target: '/fast', sizeBytes: 1024 * 1024, mode: 0o700 },
          { kind: 'anonymous', target: '/anon', readOnly: false },
        ],
        compose: { tmpfs: ['/scratch:size=2m'] },
      },
    })
    expect((await on.sh(id, 'cat /host/file')).out).toBe('from the host')
    expect((await on.sh(id, 'touch /host/x')).code).not.toBe(0)
    expect((await on.sh(id, 'touch /made/x /anon/x /scratch/x')).code).toBe(0)
    expect((await on.sh(id, 'stat -c %a /fast')).out).toBe('700')
    await on.driver.remove(id, on.signal)
    expect(await readdir(join(scratch, 'made', 'for', 'it'))).toEqual(['x'])
    const left = await on.driver.client.json<{ Volumes: { Name: string }[] }>(
      { method: 'GET', path: '/volumes', operation: 'list' },
      on.signal,
    )
    expect(left.Volumes.filter(({ Name }) => /^[0-9a-f]{64}$/.test(Name))).toEqual([])
    const missing = on.alloc({
      container: {
        mounts: [
          {
            kind: 'bind',
            source: '/no/such/path',
            target: '/x',
            readOnly: false,
            createHostPath: false,
            propagation: null,
          },
        ],
      },
    })
    await expect(
      on.driver.create(missing, on.signal).then(() => on.driver.start(missing.id, on.signal)),
    ).rejects.toMatchObject({ code: 'InvalidSpec', details: { diagnostic: 'SP4106' } })
  })

  test('configs and secrets are files with owner and mode, also under a read-only root, and nothing is left of them', async () => {
    const files = [
      { target: '/run/secrets/token', content: 'canary-secret', uid: '65534', gid: '65534', mode: 0o400 },
      { target: '/etc/app/app.conf', content: 'key=value\n', uid: null, gid: null, mode: null },
    ]
    const open = await on.run({ container: { files, compose: { user: '65534:65534' } } })
    const closed = await on.run({
      container: { files, compose: { user: '65534:65534', read_only: true, tmpfs: ['/run'] } },
    })
    for (const { id } of [open, closed]) {
      expect((await on.sh(id, 'cat /run/secrets/token')).out).toBe('canary-secret')
      expect((await on.sh(id, 'stat -c "%a %u" /run/secrets/token')).out).toBe('400 65534')
      expect((await on.sh(id, 'cat /etc/app/app.conf')).out).toBe('key=value')
    }
    expect(await readdir(join(on.stateDir, 'files'))).toEqual([closed.id])
    for (const { id } of [open, closed]) await on.driver.remove(id, on.signal)
    expect(await readdir(join(on.stateDir, 'files'))).toEqual([])
  })

  test('an interrupted create is completed by the next one: the files are there', async () => {
    const spec = on.alloc({
      container: { files: [{ target: '/cfg', content: 'there', uid: null, gid: null, mode: null }] },
    })
    await on.driver.create({ ...spec, container: { ...spec.container, files: [] } }, on.signal)
    await on.driver.create(spec, on.signal)
    await on.driver.start(spec.id, on.signal)
    expect((await on.sh(spec.id, 'cat /cfg')).out).toBe('there')
  })

  test('limits, rights and kernel settings hold inside', async () => {
    const { id } = await on.run({
      container: {
        limits: { cpuMillis: 500, memoryBytes: 64 * 1024 * 1024, pids: 40 },
        environment: { GREETING: 'hello world', EMPTY: '' },
        workingDir: '/tmp',
        extraHosts: { 'db.shop.internal': '192.0.2.7' },
        compose: {
          init: true,
          hostname: 'pier-1',
          cap_drop: ['ALL'],
          cap_add: ['NET_BIND_SERVICE'],
          ulimits: { nofile: { soft: 1000, hard: 2000 } },
          sysctls: { 'net.core.somaxconn': '321' },
          group_add: ['4242'],
          shm_size: '33554432',
          devices: [{ source: '/dev/null', target: '/dev/pier', permissions: 'rwm' }],
          dns_search: ['shop.internal'],
          security_opt: ['no-new-privileges:true'],
          logging: { driver: 'json-file', options: { 'max-size': '1m' } },
        },
      },
    })
    const line = 'echo "$GREETING|$EMPTY|$(pwd)|$(hostname)|$(cat /proc/sys/net/core/somaxconn)|$(id -G)"'
    expect((await on.sh(id, line)).out).toBe('hello world||/tmp|pier-1|321|0 4242')
    // Of the program itself: Debian's runc now and then leaves an exec at the hard limit.
    expect((await on.sh(id, 'grep "open files" /proc/1/limits')).out).toMatch(/Max open files\s+1000\s+2000/)
    expect((await on.sh(id, 'grep CapEff /proc/1/status')).out).toMatch(/0000000000000400$/)
    expect((await on.sh(id, 'grep NoNewPrivs /proc/1/status')).out).toMatch(/1$/)
    expect((await on.sh(id, 'grep shop.internal /etc/hosts')).out).toContain('192.0.2.7')
    expect((await on.sh(id, 'df -k /dev/shm | tail -1')).out).toContain('32768')
    expect((await on.sh(id, 'test -c /dev/pier; cat /etc/resolv.conf')).out).toContain('search shop.internal')
    const { HostConfig } = await on.driver.client.json<{ HostConfig: Record<string, unknown> }>(
      {
        method: 'GET',
        path: `/containers/${(await on.driver.inspect(id, on.signal))?.native}/json`,
        operation: 'inspect',
      },
      on.signal,
    )
    expect(HostConfig).toMatchObject({
      NanoCpus: 500_000_000,
      Memory: 67_108_864,
      PidsLimit: 40,
      RestartPolicy: { Name: 'no' },
    })
  })

  test('the address of a container answers on this machine; a port of mode host is published', async () => {
    const { id } = await on.run({
      container: { command: ['httpd', '-f', '-p', '80'] },
      ports: [{ containerPort: 80, hostPort: 28_480, protocol: 'tcp', hostIp: '127.0.0.1' }],
    })
    const address = await on.driver.address(id, 80, on.signal)
    expect(address?.host).toMatch(/^10\.213\./)
    await expect.poll(() => answers(address?.host ?? '', 80)).toBe(true)
    await expect.poll(() => answers('127.0.0.1', 28_480)).toBe(true)
    const second = on.alloc({ ports: [{ containerPort: 80, hostPort: 28_480, protocol: 'tcp', hostIp: '127.0.0.1' }] })
    await on.driver.create(second, on.signal)
    await expect(on.driver.start(second.id, on.signal)).rejects.toMatchObject({
      code: 'PortTaken',
      message: expect.stringContaining('28480'),
    })
    expect(await on.driver.address(second.id, 80, on.signal)).toBeNull()
    const host = await on.run({ container: { compose: { network_mode: 'host' } } })
    expect(await on.driver.address(host.id, 81, on.signal)).toEqual({ host: '127.0.0.1', port: 81 })
    const none = await on.run({ container: { compose: { network_mode: 'none' } } })
    expect(await on.driver.address(none.id, 81, on.signal)).toBeNull()
  })

  test('a GPU request asks for exactly the cards that were given, and fails in words where no driver is', async () => {
    const spec = on.alloc({
      gpuIds: ['GPU-1', 'GPU-2'],
      container: { compose: { gpus: [{ capabilities: ['gpu', 'utility'] }] } },
    })
    const made = await on.driver.create(spec, on.signal)
    const { HostConfig } = await on.driver.client.json<{ HostConfig: Record<string, unknown> }>(
      { method: 'GET', path: `/containers/${made.native}/json`, operation: 'inspect' },
      on.signal,
    )
    expect(HostConfig).toMatchObject({
      DeviceRequests: [
        { Driver: 'nvidia', Count: 0, DeviceIDs: ['GPU-1', 'GPU-2'], Capabilities: [['gpu', 'utility']] },
      ],
    })
    await expect(on.driver.start(spec.id, on.signal)).rejects.toMatchObject({
      code: 'Unsupported',
      details: { diagnostic: 'SP4107' },
    })
  })

  test.each([
    ['a command that is not there', { command: ['/no/such/program'] }, 'SP4105'],
    ['a program name that is not there', { command: ['nosuchprogram'] }, 'SP4105'],
    ['a device that is not there', { compose: { devices: [{ source: '/dev/nosuch', target: '/dev/x' }] } }, 'SP4107'],
    ['a memory limit too small', { limits: { cpuMillis: null, memoryBytes: 1024, pids: null } }, 'SP4112'],
  ])('%s is said in words', async (_, container, diagnostic) => {
    const spec = on.alloc({ container: { compose: {}, ...container } })
    const start = async (): Promise<unknown> => {
      await on.driver.create(spec, on.signal)
      return on.driver.start(spec.id, on.signal)
    }
    await expect(start()).rejects.toMatchObject({ code: 'InvalidSpec', details: { diagnostic } })
    await mkdir(scratch, { recursive: true })
  })
})

const answers = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1_000 })
    socket
      .once('connect', () => resolve(true))
      .once('error', () => resolve(false))
      .once('timeout', () => resolve(false))
    socket.once('close', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
