import { describe, expect, it } from 'vitest'
import { parseExtension, parseVolumeExtension } from './extension.ts'

const FULL = {
  targets: ['rack', { site: 'onprem' }],
  place: { strategy: 'ordered', minPerTarget: 1, with: ['cache'] },
  reach: { db: 'db.shop.internal:5432' },
  autoscale: { min: 2, max: 20, cpu: 60, behavior: { scaleDown: { stabilizationWindowSeconds: 60 } } },
  gpu: { models: ['l4'], memory: '>=24GiB', count: 1, sharing: 'refuse' },
  capacity: ['spot', 'on-demand'],
  failover: 'auto',
  singleton: false,
  expose: { host: 'shop.example.com', path: '/', port: 8080, tls: true },
  schedule: { cron: '0 3 * * *', timezone: 'UTC', concurrency: 'forbid', startDeadline: '1h' },
  job: { run: 'onChange', targets: 'one' },
  security: 'auto',
  priority: 0,
  process: true,
  public: ['LOG_LEVEL'],
  accept: ['SP1201', 'SP1201@edge:logging'],
  allow: ['hostPath'],
  identity: { eks: 'arn:aws:iam::1:role/x', aks: 'id' },
  gang: true,
}

describe('x-stormport of a service', () => {
  it('takes every documented key', () => {
    const parsed = parseExtension(FULL)
    expect(parsed.findings).toEqual([])
    expect(parsed.extension).toMatchObject({
      targets: [{ name: 'rack' }, { site: 'onprem' }],
      schedule: { startDeadlineMs: 3_600_000, concurrency: 'forbid' },
      expose: [{ host: 'shop.example.com', tls: true }],
      process: { when: 'true', watch: [] },
    })
  })

  it('has a default for every key', () => {
    expect(parseExtension(undefined).extension).toMatchInlineSnapshot(`
      {
        "accept": [],
        "allow": [],
        "autoscale": null,
        "capacity": [],
        "expose": [],
        "failover": "auto",
        "gang": false,
        "identity": {},
        "job": null,
        "place": {
          "each": null,
          "minPerTarget": 0,
          "strategy": null,
          "weights": {},
          "with": [],
        },
        "priority": 0,
        "process": null,
        "reach": {},
        "schedule": null,
        "security": "auto",
        "singleton": false,
        "targets": null,
      }
    `)
  })

  it.each([
    [
      'a schedule as cron string',
      { schedule: '0 3 * * *' },
      { schedule: { cron: '0 3 * * *', timezone: 'UTC', startDeadlineMs: null } },
    ],
    ['process: always', { process: 'always' }, { process: { when: 'always', watch: [] } }],
    [
      'process with globs',
      { process: { when: 'always', watch: ['src/**'] } },
      { process: { when: 'always', watch: ['src/**'] } },
    ],
    ['process with globs alone', { process: { watch: ['src/**'] } }, { process: { when: 'true', watch: ['src/**'] } }],
    ['process: false', { process: false }, { process: null }],
    [
      'a list of expose',
      { expose: [{ host: 'a.example' }, { host: 'b.example', tls: { issuer: 'le' } }] },
      { expose: [{ path: '/', port: null }, { tls: { issuer: 'le' } }] },
    ],
    ['expose without tls', { expose: { host: 'a.example', tls: false } }, { expose: [{ tls: null }] }],
  ])('opens the short form: %s', (_, raw, wanted) => {
    const parsed = parseExtension(raw)
    expect(parsed.findings).toEqual([])
    expect(parsed.extension).toMatchObject(wanted)
  })

  it.each([
    ['unknown key', { autoscal: {} }, ['autoscal'], 'SP1302', 'did you mean `autoscale`?'],
    [
      'unknown key below',
      { place: { minPerTaget: 1 } },
      ['place', 'minPerTaget'],
      'SP1302',
      'did you mean `minPerTarget`?',
    ],
    [
      'unknown key in one of several forms',
      { process: { whn: 'always' } },
      ['process', 'whn'],
      'SP1302',
      'did you mean `when`?',
    ],
    ['wrong word', { failover: 'atuo' }, ['failover'], 'SP1303', 'did you mean `auto`?'],
    ['wrong word of a short form', { process: 'allways' }, ['process'], 'SP1303', 'did you mean `always`?'],
    ['wrong type', { singleton: 'yes' }, ['singleton'], 'SP1303', undefined],
    ['missing key', { autoscale: { min: 1 } }, ['autoscale', 'max'], 'SP1304', undefined],
    ['bare G', { gpu: { memory: '24G' } }, ['gpu', 'memory'], 'SP1305', 'write 24GiB'],
    [
      'duration without unit',
      { schedule: { cron: '@daily', startDeadline: '60' } },
      ['schedule', 'startDeadline'],
      'SP1305',
      'write a unit, such as 60s',
    ],
    ['unknown GPU', { gpu: { models: ['l44'] } }, ['gpu', 'models', 0], 'SP1307', 'did you mean `l4`?'],
    ['cron of four fields', { schedule: '0 3 * *' }, ['schedule'], 'SP1303', undefined],
    ['accept without code', { accept: ['logging'] }, ['accept', 0], 'SP1303', undefined],
    ['target name', { targets: ['Rack_1'] }, ['targets', 0], 'SP1306', undefined],
    ['not a mapping', 'process', [], 'SP1303', undefined],
  ])('refuses with path and suggestion: %s', (_, raw, path, code, hint) => {
    const [finding, ...others] = parseExtension(raw).findings
    expect(others).toEqual([])
    expect(finding).toMatchObject({ path, code })
    if (hint !== undefined) expect(finding?.hint).toBe(hint)
  })

  it('reports everything at once and keeps what is sound', () => {
    const parsed = parseExtension({ failover: 'x', singleton: 1, gang: true, nope: 1 })
    expect(parsed.findings.map((finding) => finding.path)).toEqual([['failover'], ['singleton'], ['nope']])
    expect(parsed.extension.gang).toBe(true)
  })
})

describe('x-stormport of a volume', () => {
  it('reads size and class', () => {
    expect(parseVolumeExtension({ size: '10GiB', class: 'ssd' })).toEqual({
      sizeBytes: 10 * 1024 ** 3,
      class: 'ssd',
      findings: [],
    })
    expect(parseVolumeExtension(undefined)).toEqual({ sizeBytes: null, class: null, findings: [] })
  })

  it('refuses a bare G', () => {
    expect(parseVolumeExtension({ size: '10G' }).findings).toMatchObject([
      { path: ['size'], code: 'SP1305', hint: 'write 10GiB' },
    ])
  })
})
