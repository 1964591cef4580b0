import { describe, expect, it } from 'vitest'
import { codes } from '../../../core/model/codes/index.ts'
import { type ClusterOptions, clusterSpec } from '../../../test/builders/kubernetes.ts'
import { refusals, verdicts } from './index.ts'

const web = (lines: string): string => `services:\n  web:\n    image: web:1\n    ${lines.replaceAll('\n', '\n    ')}\n`

const said = (compose: string, options: ClusterOptions = {}) => {
  const spec = clusterSpec(compose, options)
  const found = verdicts(spec.target, spec)
  for (const d of found) expect(Object.keys(codes)).toContain(d.code)
  return found
}
const errors = (compose: string, options: ClusterOptions = {}) =>
  said(compose, options).filter((d) => d.severity === 'error')
const errorCodes = (compose: string, options: ClusterOptions = {}) => errors(compose, options).map((d) => d.code)

describe('a refusal', () => {
  it('says where it stands and what to do', () => {
    expect(errors(web('cpuset: "0"'))).toEqual([
      {
        code: 'SP1201',
        severity: 'error',
        message: 'web: cpuset: the node gives CPUs',
        hint: 'use deploy.resources.limits.cpus',
        span: { file: '/ROOT/app/compose.yaml', line: 4, column: expect.any(Number) },
        target: 'rack',
        service: 'web',
      },
    ])
  })

  it.each(['SP1201', 'SP1201@rack', 'SP1201@rack:cpuset'])('is taken by accept: [%s]', (entry) => {
    const found = said(web(`cpuset: "0"\nx-stormport: { accept: ["${entry}"] }`))
    expect(found.find((d) => d.code === 'SP1201')).toMatchObject({
      severity: 'note',
      message: expect.stringContaining('(accepted)'),
    })
  })

  it('is not taken for another field or target', () => {
    expect(errorCodes(web('cpuset: "0"\nx-stormport: { accept: ["SP1201@rack:ulimits"] }'))).toEqual(['SP1201'])
    expect(errorCodes(web('cpuset: "0"\nx-stormport: { accept: ["SP1201@edge:cpuset"] }'))).toEqual(['SP1201'])
  })
})

describe('a command line', () => {
  it('is refused where only the image knows what would run', () => {
    expect(errors(web('entrypoint: []')).map((d) => d.message)).toEqual([
      "web: entrypoint: without the image's entry point its command would run, and only the image knows that",
    ])
    expect(errorCodes(web('entrypoint: []\ncommand: [run]'))).toEqual([])
  })
})

describe('an update policy', () => {
  it('says what nobody watches', () => {
    const messages = (policy: string) => said(web(`deploy: { update_config: { ${policy} } }`)).map((d) => d.message)
    expect(messages('monitor: 30s')).toContainEqual(expect.stringContaining('not watched once they are ready'))
    expect(messages('max_failure_ratio: 0.2')).toContainEqual(expect.stringContaining('not watched once they are'))
    expect(messages('parallelism: 2')).not.toContainEqual(expect.stringContaining('not watched'))
  })
})

describe('names', () => {
  it('are refused where somebody calls what no cluster can resolve', () => {
    const compose = (host: string) => `
services:
  my_db: { image: db:1 }
  web: { image: web:1, environment: { DB: "${host}" } }
`
    expect(errorCodes(compose('postgres://my_db:5432/x'))).toEqual(['SP1250'])
    expect(errorCodes(compose('elsewhere'))).toEqual([])
  })

  it('are refused where two become one', () => {
    expect(errorCodes('services: { a_b: { image: a:1 }, a-b: { image: b:1 } }')).toEqual(['SP1251', 'SP1251'])
    const alias = 'services: { a: { image: a:1, networks: { default: { aliases: [b] } } }, b: { image: b:1 } }'
    expect(errorCodes(alias)).toEqual(['SP1251'])
  })
})

describe('paths of this machine', () => {
  it('are refused, the socket of the engine by its own code, unless they are allowed', () => {
    expect(errorCodes(web('volumes: ["/srv/data:/data"]'))).toEqual(['SP1254'])
    expect(errorCodes(web('volumes: ["/var/run/docker.sock:/s"]'))).toEqual(['SP1204'])
    const allowed = said(web('volumes: ["/srv/data:/data"]\nx-stormport: { allow: [hostPath] }'))
    expect(allowed.filter((d) => d.severity === 'error')).toEqual([])
    expect(allowed.map((d) => d.code)).toContain('SP1254')
  })

  it('are no loss where they only show the clock', () => {
    expect(errorCodes(web('volumes: ["/etc/localtime:/etc/localtime:ro"]'))).toEqual([])
  })
})

describe('security', () => {
  it('says in one line why a service is not restricted', () => {
    expect(said(web('')).filter((d) => d.code === 'SP1252')).toHaveLength(1)
    expect(said(web('user: "10001:10001"')).map((d) => d.code)).not.toContain('SP1252')
  })

  it('refuses what the asked level forbids', () => {
    expect(errorCodes(web('x-stormport: { security: restricted }'))).toEqual(['SP1253'])
    expect(errorCodes(web('user: "10001"\nx-stormport: { security: restricted }'))).toEqual([])
    expect(errorCodes(web('cap_add: [NET_ADMIN]\nx-stormport: { security: baseline }'))).toEqual(['SP1253'])
  })

  it('refuses what the namespace would refuse', () => {
    expect(errorCodes(web(''), { facts: { podSecurity: 'restricted' } })).toEqual(['SP1253'])
    expect(errorCodes(web('user: "10001"'), { facts: { podSecurity: 'restricted' } })).toEqual([])
  })

  it('asks for a word before it gives the node away', () => {
    expect(errorCodes(web('privileged: true'))).toEqual(['SP1259'])
    expect(errorCodes(web('network_mode: host'))).toEqual(['SP1259'])
    expect(errorCodes(web('network_mode: host\nx-stormport: { allow: [hostNetwork] }'))).toEqual([])
    expect(errorCodes(web('privileged: true\nx-stormport: { security: privileged }'))).toEqual([])
  })
})

describe('the outside', () => {
  it('is said: by what means and why', () => {
    const lines = 'ports: ["80:80"]\nx-stormport: { expose: { host: a.example.com } }'
    const note = said(web(lines), { facts: { loadBalancer: true } }).find((d) => d.code === 'SP1256')
    expect(note?.message).toContain('load balancer')
  })

  it('is refused where something is missing', () => {
    const lines = 'x-stormport: { expose: { host: a.example.com } }'
    expect(errorCodes(web(`ports: ["53:53/udp"]\n${lines}`))).toEqual(['SP1257'])
    const gateway = { target: { settings: { ingress: { kind: 'gateway' } } } }
    expect(errorCodes(web(`ports: ["80:80"]\n${lines}`), gateway)).toEqual(['SP1257'])
    const none = { target: { publish: 'public' as const }, facts: { loadBalancer: false } }
    expect(errorCodes(web('ports: ["80:80"]'), none)).toEqual(['SP1257'])
  })
})

describe('networks', () => {
  const on = (network: string) => `services: { web: { image: web:1, networks: [n] } }\nnetworks: { n: ${network} }`

  it('of other places are refused', () => {
    expect(errorCodes(on('{ external: true }'))).toEqual(['SP1255'])
    expect(errorCodes(on('{ driver: macvlan }'))).toEqual(['SP1255'])
    expect(errorCodes(on('{ driver: bridge }'))).toEqual([])
  })

  it('that must keep apart are said where nobody is known to enforce them', () => {
    expect(said(on('{ internal: true }')).map((d) => d.code)).toContain('SP1258')
    expect(said(on('{ internal: true }'), { facts: { networkPolicy: true } }).map((d) => d.code)).not.toContain(
      'SP1258',
    )
  })
})

describe('a service that no cluster can run', () => {
  it('is sent elsewhere by placing', () => {
    const spec = clusterSpec(web('platform: windows/amd64'))
    expect(refusals(spec.target, spec.facts, spec.app)).toMatchObject({ web: { code: 'SP1201' } })
    const plain = clusterSpec(web(''))
    expect(refusals(plain.target, plain.facts, plain.app)).toEqual({})
  })
})
