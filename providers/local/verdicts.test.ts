import { describe, expect, it } from 'vitest'
import type { App, Service } from '../../core/model/app.ts'
import type { Diagnostic } from '../../core/model/diagnostic.ts'
import type { TargetFacts } from '../../core/model/replica.ts'
import { app, extension, fleet, service, target } from '../../test/builders/app.ts'
import { assumedFacts, localExtra } from './facts.ts'
import { refusals } from './refusals.ts'
import { FIELD_TABLE } from './verdict-table.ts'
import { verdicts } from './verdicts.ts'

const docker = target('here', { provider: 'local', here: true, local: { driver: 'docker', daemon: null, nodes: [] } })
const processes = target('here', {
  provider: 'local',
  here: true,
  local: { driver: 'process', daemon: null, nodes: [] },
})
const asProcess = extension({ process: { when: 'true', watch: [] } })

const judge = (of: App, where = docker, facts: TargetFacts = assumedFacts(where)): readonly Diagnostic[] =>
  verdicts(where, {
    app: of,
    fleet: fleet([where]),
    target: where,
    facts,
    release: 1,
    services: of.services.map((s) => ({
      service: s,
      count: 1,
      image: s.image,
      codeHash: null,
      restarts: 0,
      reach: {},
      failureAction: 'rollback',
    })),
  })
const errors = (found: readonly Diagnostic[]): readonly string[] =>
  found.filter((d) => d.severity === 'error').map((d) => d.code)
const bind = (source: string, readOnly = false): Service['mounts'][number] => ({
  kind: 'bind',
  source,
  target: '/x',
  readOnly,
  createHostPath: false,
  propagation: null,
})

describe('verdicts of a local target', () => {
  it('names every field once', () => {
    const fields = FIELD_TABLE.map((row) => row.field)
    expect(fields.length).toBe(new Set(fields).size)
  })

  it('find nothing to say about an ordinary container', () => {
    const web = service('web', {
      ports: [
        {
          target: 80,
          published: 8080,
          publishedRange: null,
          hostIp: null,
          protocol: 'tcp',
          mode: 'ingress',
          appProtocol: null,
        },
      ],
      compose: {
        cap_add: ['NET_ADMIN'],
        read_only: true,
        init: true,
        sysctls: { 'net.core.somaxconn': '1' },
        logging: { driver: 'json-file' },
        privileged: false,
      },
    })
    expect(judge(app([web]))).toEqual([])
  })

  it('refuse for a host process what would silently fall away, at the place of the field', () => {
    const at = { file: 'compose.yaml', line: 7, column: 5 }
    const web = service('web', {
      extension: asProcess,
      compose: { cap_drop: ['ALL'], read_only: true },
      spans: { cap_drop: at },
    })
    const found = judge(app([web]), processes)
    expect(errors(found)).toEqual(['SP1201', 'SP1201'])
    expect(found.find((d) => d.message.includes('cap_drop'))).toMatchObject({
      span: at,
      service: 'web',
      target: 'here',
      hint: expect.stringContaining('container'),
    })
  })

  it('lower a refusal that the user accepts, for all, for a target, or for a field', () => {
    const web = (accept: readonly string[]): Service =>
      service('web', { extension: { ...asProcess, accept }, compose: { cap_drop: ['ALL'], read_only: true } })
    const left = (accept: readonly string[]): number => errors(judge(app([web(accept)]), processes)).length
    expect([
      left(['SP1201']),
      left(['SP1201@here']),
      left(['SP1201@there']),
      left(['SP1201@here:cap_drop']),
      left([]),
    ]).toEqual([0, 0, 2, 1, 2])
  })

  it('refuse the engine socket and write access to system folders unless hostPath is allowed', () => {
    const web = (mounts: Service['mounts'], allow: readonly string[] = []): App =>
      app([service('web', { mounts, extension: extension({ allow }) })])
    for (const source of ['/var/run/docker.sock', '/', '/etc/nginx', '/proc', '/root'])
      expect(errors(judge(web([bind(source)])))).toEqual(['SP1204'])
    expect(errors(judge(web([bind('/var/run/docker.sock', true)])))).toEqual(['SP1204'])
    for (const mount of [bind('/etc/nginx', true), bind('/etc/localtime'), bind('/srv/data'), bind('/etcetera')])
      expect(judge(web([mount]))).toEqual([])
    expect(judge(web([bind('/etc')], ['hostPath'])).map((d) => [d.code, d.severity])).toEqual([['SP1204', 'note']])
  })

  it('refuse a published port that this user may not open', () => {
    const web = service('web', {
      extension: asProcess,
      ports: [
        {
          target: 80,
          published: 80,
          publishedRange: null,
          hostIp: null,
          protocol: 'tcp',
          mode: 'ingress',
          appProtocol: null,
        },
      ],
    })
    const facts = (root: boolean): TargetFacts => ({
      ...assumedFacts(processes),
      extra: localExtra({ root, unprivilegedPortStart: 1024, enforces: { cpu: true, memory: true, pids: true } }),
    })
    expect(errors(judge(app([web]), processes, facts(false)))).toEqual(['SP1209'])
    expect(errors(judge(app([web]), processes, facts(true)))).toEqual([])
  })

  it('refuse limits that cannot be enforced, unless they are taken as best effort', () => {
    const facts: TargetFacts = {
      ...assumedFacts(processes),
      extra: localExtra({
        root: true,
        unprivilegedPortStart: 1024,
        enforces: { cpu: true, memory: false, pids: true },
      }),
    }
    const web = (accept: readonly string[]): App =>
      app([
        service('web', {
          limits: { cpuMillis: 500, memoryBytes: 1024, pids: null },
          extension: { ...asProcess, accept },
        }),
      ])
    expect(errors(judge(web([]), processes, facts))).toEqual(['SP1220'])
    expect(errors(judge(web(['SP1220']), processes, facts))).toEqual([])
  })

  it('refuse to share the namespace of another container', () => {
    expect(
      errors(judge(app([service('web', { compose: { network_mode: 'service:db', pid: 'service:db' } })]))),
    ).toEqual(['SP1203', 'SP1203'])
  })
})

describe('refusals of a target without engine', () => {
  const facts = { ...assumedFacts(processes), driver: 'process' } as const

  it('name every service that needs one, each with the remedy', () => {
    const found = refusals(
      target('here', { provider: 'local', here: true }),
      facts,
      app([service('cache'), service('front'), service('web', { extension: asProcess })]),
    )
    expect(Object.keys(found)).toEqual(['cache', 'front'])
    expect(found['cache']?.hint).toContain('start an engine')
  })

  it('refuse nothing where an engine answers', () => {
    expect(refusals(docker, assumedFacts(docker), app([service('cache')]))).toEqual({})
  })
})
