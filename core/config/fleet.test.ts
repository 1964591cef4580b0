import { describe, expect, it } from 'vitest'
import type { Target } from '../model/fleet.ts'
import { fixtureFiles } from './fixture.ts'
import { loadFleet } from './fleet.ts'
import type { LoadedFleet } from './types.ts'

const load = (text: string | null, env: Readonly<Record<string, string>> = {}): LoadedFleet =>
  loadFleet({
    workingDir: '/project',
    file: null,
    composeFile: '/project/compose.yaml',
    env,
    files: fixtureFiles(text === null ? {} : { '/project/stormport.yaml': text }),
  })

const LOCAL_DOCKER = 'targets:\n  one: { provider: local }\n'

describe('where stormport.yaml is looked for', () => {
  const at = (
    paths: readonly string[],
    options: { readonly file?: string; readonly composeFile?: string | null } = {},
  ) =>
    loadFleet({
      workingDir: '/work',
      file: options.file ?? null,
      composeFile: options.composeFile ?? null,
      env: {},
      files: fixtureFiles(Object.fromEntries(paths.map((path) => [path, `name: from-${path.split('/')[1]}\n`]))),
    })

  it('is beside the compose file first, then in the working directory', () => {
    expect(
      at(['/app/stormport.yaml', '/work/stormport.yaml'], { composeFile: '/app/compose.yaml' }).fleet,
    ).toMatchObject({ name: 'from-app', file: '/app/stormport.yaml' })
    expect(at(['/work/stormport.yaml'], { composeFile: '/app/compose.yaml' }).fleet.name).toBe('from-work')
    expect(at(['/work/stormport.yaml'], { composeFile: '-' }).fleet.name).toBe('from-work')
  })

  it('is what --config names', () => {
    expect(at(['/work/other.yaml', '/work/stormport.yaml'], { file: 'other.yaml' }).fleet.file).toBe('/work/other.yaml')
    expect(at([], { file: 'other.yaml' }).diagnostics).toMatchObject([{ code: 'SP1313', severity: 'error' }])
  })

  it('is not a file with another ending, and that is said', () => {
    expect(at(['/work/stormport.yml']).diagnostics).toMatchObject([
      { code: 'SP1313', span: { file: '/work/stormport.yml' } },
    ])
  })

  it('without a file there is one target, this machine', () => {
    const { fleet, diagnostics } = load(null)
    expect(diagnostics).toEqual([])
    expect(fleet).toMatchObject({
      name: null,
      file: null,
      targets: [
        {
          name: 'local',
          provider: 'local',
          site: 'local',
          here: true,
          local: { driver: null, daemon: null, nodes: [] },
        },
      ],
      defaults: { cpuMillis: 100, memoryBytes: 128 * 1024 ** 2 },
      place: { strategy: 'ordered', prefer: [] },
      rollout: { order: 'parallel', onFailure: 'failed' },
      budget: null,
      failover: null,
    })
  })

  it.each(['', '# nothing yet\n', 'defaults: { cpu: 1 }\n'])('a file without targets has that one too: %j', (text) => {
    const { fleet, diagnostics } = load(text)
    expect(diagnostics).toEqual([])
    expect(fleet.targets.map((target) => target.name)).toEqual(['local'])
    expect(fleet.file).toBe('/project/stormport.yaml')
  })
})

describe('this machine', () => {
  const here = (stanza: string, env: Readonly<Record<string, string>> = {}): boolean | undefined =>
    load(`targets:\n  one: { provider: local${stanza} }\n`, env).fleet.targets[0]?.here

  it.each([
    ['no nodes', '', {}, true],
    ['a socket', ', nodes: { n: { host: "unix:///run/user/1000/docker.sock" } }', {}, true],
    ['simulated nodes', ', nodes: { n: { simulated: { cpu: 1, memory: 1GiB } } }', {}, true],
    ['DOCKER_HOST as a socket', '', { DOCKER_HOST: 'unix:///nonexistent/docker.sock' }, true],
    ['DOCKER_HOST elsewhere', '', { DOCKER_HOST: 'ssh://build-1' }, false],
    ['DOCKER_HOST on loopback, maybe a tunnel', '', { DOCKER_HOST: 'tcp://127.0.0.1:2376' }, false],
    ['DOCKER_HOST elsewhere, but processes only', ', driver: process', { DOCKER_HOST: 'ssh://build-1' }, true],
    ['a node elsewhere', ', daemon: "ssh://a", nodes: { n: { host: "ssh://b" } }', {}, false],
    ['a daemon elsewhere', ', daemon: "ssh://a"', {}, false],
  ])('%s', (_, stanza, env, wanted) => {
    expect(here(stanza, env)).toBe(wanted)
  })

  it('is never another provider', () => {
    expect(load('targets: { k: { provider: kubernetes, context: c } }\n').fleet.targets[0]?.here).toBe(false)
  })
})

describe('a fleet', () => {
  it('keeps the stanza of each target as written, and its order', () => {
    const { fleet, diagnostics } = load(`
name: acme
targets:
  rack: { provider: kubernetes, context: rack-1, site: onprem, publish: private, prices: { cpuHour: 0.01, gpuHour: { a10: 0.2 } } }
  aws: { provider: eks, region: eu-west-1, cluster: c, pools: { burst: { kind: serverless }, gpu: { gpu: { models: [l4] }, max: 4 } } }
place: { strategy: weighted, prefer: [aws], weights: { rack: 2 } }
rollout: { order: [[aws], [rack]], onFailure: all }
budget: { maxUsdPerHour: 6 }
failover: { after: 1m, standby: warm }
`)
    expect(diagnostics).toEqual([])
    const [rack, aws] = fleet.targets
    expect(rack).toMatchObject({
      site: 'onprem',
      publish: 'private',
      local: null,
      settings: { context: 'rack-1' },
      prices: { cpuHour: 0.01, memoryGiBHour: 0, gpuHour: { a10: 0.2, a10g: 0.2 } },
    })
    expect(aws).toMatchObject({
      site: 'aws',
      publish: 'none',
      pools: [
        { name: 'burst', kind: 'serverless' },
        { name: 'gpu', kind: 'nodes', settings: { max: 4 } },
      ],
    } satisfies Partial<Record<keyof Target, unknown>>)
    expect(fleet).toMatchObject({
      place: { strategy: 'weighted', prefer: ['aws'], weights: { rack: 2 } },
      rollout: { order: [['aws'], ['rack']], onFailure: 'all' },
      budget: { maxUsdPerHour: 6 },
      failover: { afterMs: 60_000, failBack: 'auto', healthyForMs: 600_000, standby: 'warm' },
    })
  })

  it('reads nodes of a local target', () => {
    const { fleet } = load(`
targets:
  here:
    provider: local
    daemon: "ssh://ops@10.0.0.11"
    nodes:
      n2: { host: "tcp://10.0.0.12", tls: { ca: ca.pem, cert: /c.pem, key: k.pem }, reserve: { cpu: "0.5", memory: 512MiB }, labels: { zone: b }, gpus: [{ model: L4, id: "7" }] }
      s1: { simulated: { cpu: 8, memory: 32GiB, gpus: [{ model: a100-80gb }, { model: t4 }] } }
`)
    expect(fleet.targets[0]?.local?.nodes).toEqual([
      {
        name: 'n2',
        host: 'tcp://10.0.0.12',
        tls: { ca: '/project/ca.pem', cert: '/c.pem', key: '/project/k.pem' },
        simulated: null,
        reserve: { cpuMillis: 500, memoryBytes: 512 * 1024 ** 2 },
        labels: { zone: 'b' },
        gpus: [{ id: '7', model: 'l4', memoryBytes: 24 * 1024 ** 3, freeShare: 1 }],
      },
      {
        name: 's1',
        host: null,
        tls: null,
        simulated: { cpuMillis: 8000, memoryBytes: 32 * 1024 ** 3 },
        reserve: { cpuMillis: 0, memoryBytes: 0 },
        labels: {},
        gpus: [
          { id: '0', model: 'a100-80gb', memoryBytes: 80 * 1024 ** 3, freeShare: 1 },
          { id: '1', model: 't4', memoryBytes: 16 * 1024 ** 3, freeShare: 1 },
        ],
      },
    ])
  })
})

describe('engines', () => {
  it('one engine belongs to one target', () => {
    const { diagnostics } = load(
      `${LOCAL_DOCKER}  two: { provider: local, driver: docker }\n  three: { provider: local, nodes: { n: { host: "unix:///run/docker.sock" } } }\n`,
    )
    expect(diagnostics.map((found) => [found.code, found.span?.line])).toEqual([
      ['SP1309', 3],
      ['SP1309', 4],
    ])
  })

  it('any number of targets may use processes', () => {
    expect(
      load(
        `${LOCAL_DOCKER}  two: { provider: local, driver: process }\n  three: { provider: local, driver: process }\n`,
      ).diagnostics,
    ).toEqual([])
  })
})
