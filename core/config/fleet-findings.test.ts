import { describe, expect, it } from 'vitest'
import { fixtureFiles } from './fixture.ts'
import { loadFleet } from './fleet.ts'

const findings = (text: string) =>
  loadFleet({
    workingDir: '/project',
    file: null,
    composeFile: null,
    env: {},
    files: fixtureFiles({ '/project/stormport.yaml': text }),
  }).diagnostics

const EKS = 'provider: eks, region: r, cluster: c'

describe('broken stormport.yaml', () => {
  it.each([
    ['syntax', 'targets: [x\nname: 1', 'SP1301', 2, undefined],
    ['the same key twice', 'name: a\nname: b', 'SP1301', 2, undefined],
    ['a list instead of a mapping', '- a', 'SP1303', 1, undefined],
    ['unknown key at the top', 'plce: {}', 'SP1302', 1, 'did you mean `place`?'],
    [
      'unknown key of a target',
      'targets:\n  a: { provider: local, drivr: process }',
      'SP1302',
      2,
      'did you mean `driver`?',
    ],
    [
      'key of another provider',
      'targets:\n  a: { provider: local, region: x }',
      'SP1302',
      2,
      'known here: provider, driver, daemon, nodes, site, prices',
    ],
    [
      'unknown key deep inside',
      `name: x\ntargets:\n  a: { ${EKS}, pools: { p: { instnces: [] } } }`,
      'SP1302',
      3,
      'did you mean `instances`?',
    ],
    ['unknown provider', 'targets:\n  a: { provider: locl }', 'SP1303', 2, 'did you mean `local`?'],
    [
      'no provider',
      'targets:\n  a: { driver: process }',
      'SP1304',
      2,
      'write one of kubernetes, eks, aks, swarm, local',
    ],
    ['wrong word', 'targets:\n  a: { provider: local, driver: proces }', 'SP1303', 2, 'did you mean `process`?'],
    ['missing key', 'targets:\n  a: { provider: eks, cluster: c }', 'SP1304', 2, undefined],
    ['a name that is no DNS label', 'targets:\n  Big_One: { provider: local }', 'SP1306', 2, undefined],
    ['a bare M', 'defaults:\n  memory: 128M', 'SP1305', 2, 'write 128MiB'],
    ['Kubernetes CPUs', 'defaults:\n  cpu: 100m', 'SP1305', 2, 'write "0.1"'],
    ['a duration without unit', 'failover:\n  after: "30"', 'SP1305', 2, 'write a unit, such as 30s'],
    ['a negative budget', 'budget: { maxUsdPerHour: -1 }', 'SP1303', 1, undefined],
    [
      'an unknown GPU',
      `name: x\ntargets:\n  a: { ${EKS}, pools: { p: { gpu: { models: [l44] } } } }`,
      'SP1307',
      3,
      'did you mean `l4`?',
    ],
    [
      'a price of an unknown GPU',
      'targets:\n  a: { provider: local, prices: { gpuHour: { h1000: 1 } } }',
      'SP1307',
      2,
      'did you mean `h100`?',
    ],
    [
      'pools without a fleet name',
      `targets:\n  a: { ${EKS}, pools: { p: {} } }`,
      'SP1308',
      2,
      'write `name: my-fleet` at the top',
    ],
    ['create without account', `name: x\ntargets:\n  a: { ${EKS}, create: {} }`, 'SP1304', 3, undefined],
    [
      'tcp without tls',
      'targets:\n  a: { provider: local, daemon: "ssh://h", nodes: { n: { host: "tcp://b" } } }',
      'SP1310',
      2,
      undefined,
    ],
    ['tcp without tls on swarm', 'targets:\n  a: { provider: swarm, hosts: ["tcp://b"] }', 'SP1310', 2, undefined],
    [
      'a remote node without daemon',
      'targets:\n  a: { provider: local, nodes: { n: { host: "ssh://b" } } }',
      'SP1311',
      2,
      'write `daemon: ssh://user@host`',
    ],
    ['an empty node', 'targets:\n  a: { provider: local, nodes: { n: {} } }', 'SP1311', 2, undefined],
    [
      'an engine with driver process',
      'targets:\n  a: { provider: local, driver: process, nodes: { n: { host: "unix:///x" } } }',
      'SP1311',
      2,
      undefined,
    ],
    [
      'an address that is none',
      'targets:\n  a: { provider: local, nodes: { n: { host: "10.0.0.1" } } }',
      'SP1303',
      2,
      undefined,
    ],
    [
      'kubernetes without cluster',
      'targets:\n  a: { provider: kubernetes }',
      'SP1304',
      2,
      'write `context:` or `kubeconfig:`',
    ],
    ['an account as number', `name: x\ntargets:\n  a: { ${EKS}, account: 123456789012 }`, 'SP1303', 3, undefined],
    [
      'serverless on AKS',
      'name: x\ntargets:\n  a: { provider: aks, subscription: s, resourceGroup: g, cluster: c, pools: { p: { kind: serverless } } }',
      'SP1315',
      3,
      'use `kind: nodes` with `min: 0`',
    ],
    ['min above max', `name: x\ntargets:\n  a: { ${EKS}, pools: { p: { min: 3, max: 2 } } }`, 'SP1315', 3, undefined],
    [
      'prefer of an unknown target',
      'targets:\n  one: { provider: local }\nplace: { prefer: [on] }',
      'SP1312',
      3,
      'did you mean `one`?',
    ],
    [
      'an order that leaves one out',
      'targets:\n  one: { provider: local }\n  two: { provider: local, driver: process }\nrollout: { order: [[one]] }',
      'SP1315',
      4,
      'name every target once',
    ],
    ['a variable', 'registry: "${REGISTRY}"', 'SP1316', 1, 'write the value itself'],
    ['__proto__', 'targets:\n  __proto__: {}', 'SP1314', 2, undefined],
    ['an alias in its own anchor', 'targets: &a { x: *a }', 'SP1314', 1, undefined],
  ])('%s', (_, text, code, line, hint) => {
    const [found, ...others] = findings(text)
    expect(others).toEqual([])
    expect(found).toMatchObject({ code, severity: 'error', span: { file: '/project/stormport.yaml', line } })
    if (hint !== undefined) expect(found?.hint).toBe(hint)
  })

  it('reports everything at once; one broken target does not hide another, nor make its name unknown', () => {
    const found = findings(`
targets:
  one: { provider: local, drivr: x }
  two: { provider: kubernetes }
  three: { provider: local, nodes: { n: { host: "ssh://x" } } }
place: { prefer: [one, four] }
budget: 5
`)
    expect(found.map(({ code, span }) => `${code}:${span?.line}`).sort()).toEqual([
      'SP1302:3',
      'SP1303:7',
      'SP1304:4',
      'SP1311:5',
      'SP1312:6',
    ])
  })

  it('bounds aliases, depth and size', () => {
    const laughs = `a0: &a0 [x, x, x, x, x, x, x, x, x]\n${Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(', ')}]`).join('\n')}\n`
    expect(findings(laughs).map((found) => found.code)).toEqual(['SP1314'])
    expect(findings(`name: ${'['.repeat(200)}${']'.repeat(200)}`).map((found) => found.code)).toEqual(['SP1314'])
    expect(findings(`# ${'x'.repeat(1024 * 1024)}\n`).map((found) => found.code)).toEqual(['SP1314'])
  })

  it('anchors and merge keys work', () => {
    expect(
      findings('targets:\n  one: &base { provider: local, driver: process }\n  two: { <<: *base, site: x }\n'),
    ).toEqual([])
  })
})
