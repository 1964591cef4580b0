// No field of a Compose service is dropped in silence: each one of the schema has a row, and each row is proved with a
// value: it changes the objects, it is noted, or it is refused.
import { describe, expect, it } from 'vitest'
import type { Rule } from '../../../core/config/compose/rule.ts'
import { deployment } from '../../../core/config/compose/schema-deploy.ts'
import { service } from '../../../core/config/compose/schema-service.ts'
import { canonicalJson } from '../../../core/model/canonical.ts'
import { clusterSpec } from '../../../test/builders/kubernetes.ts'
import { render } from '../render/index.ts'
import { verdicts } from './index.ts'
import { FIELD_TABLE } from './table.ts'

const keysOf = (rule: Rule): Readonly<Record<string, Rule>> => {
  if (rule.kind === 'either') return Object.assign({}, ...rule.options.map(keysOf))
  return rule.kind === 'map' ? rule.keys : {}
}

/** Groups whose members have rows of their own. */
const GROUPS = new Set([
  'deploy',
  'deploy.resources',
  'deploy.resources.limits',
  'deploy.resources.reservations',
  'deploy.placement',
])

const leaves = (rule: Rule, path: string): readonly string[] =>
  Object.entries(keysOf(rule)).flatMap(([key, inner]) => {
    const at = path === '' ? key : `${path}.${key}`
    return GROUPS.has(at) ? leaves(at === 'deploy' ? deployment : inner, at) : [at]
  })

/** Values of the files that are gone when a target is rendered, or that never mean a running service. */
const WITHOUT_TRACE = new Set(['profiles', 'attach', 'develop', 'build'])

/** What a field needs beside it to mean anything. */
const BESIDE: Readonly<Record<string, string>> = {
  'deploy.endpoint_mode': 'ports: ["80"]',
  cpu_period: 'cpu_quota: 50000',
}

/** Field → how a file writes it. */
const SAMPLES: Readonly<Record<string, string>> = {
  image: 'image: other:2',
  pull_policy: 'pull_policy: always',
  pull_refresh_after: 'pull_refresh_after: 1d',
  platform: 'platform: linux/arm64',
  command: 'command: [serve]',
  entrypoint: 'entrypoint: [/bin/app]',
  working_dir: 'working_dir: /srv',
  environment: 'environment: { MODE: fast }',
  env_file: 'env_file: web.env',
  label_file: 'label_file: web.labels',
  extends: 'extends: { service: other }',
  init: 'init: true',
  tty: 'tty: true',
  stdin_open: 'stdin_open: true',
  models: 'models: [llm]',
  provider: 'provider: { type: awesomecloud }',
  runtime: 'runtime: kata',
  use_api_socket: 'use_api_socket: true',
  credential_spec: 'credential_spec: { file: spec.json }',
  isolation: 'isolation: hyperv',
  umask: 'umask: 18',
  depends_on: 'depends_on: { other: { condition: service_started, restart: true } }',
  healthcheck: 'healthcheck: { test: ["CMD", "true"] }',
  restart: 'restart: on-failure',
  stop_grace_period: 'stop_grace_period: 45s',
  stop_signal: 'stop_signal: SIGQUIT',
  post_start: 'post_start: [{ command: ["true"] }]',
  pre_stop: 'pre_stop: [{ command: ["true"] }]',
  pre_start: 'pre_start: [{ command: ["true"] }]',
  scale: 'scale: 3',
  'deploy.mode': 'deploy: { mode: global }',
  'deploy.replicas': 'deploy: { replicas: 3 }',
  'deploy.restart_policy': 'deploy: { restart_policy: { condition: on-failure } }',
  'deploy.update_config': 'deploy: { update_config: { order: stop-first } }',
  'deploy.rollback_config': 'deploy: { rollback_config: { parallelism: 2 } }',
  'deploy.endpoint_mode': 'ports: ["80"]\n    deploy: { endpoint_mode: dnsrr }',
  'deploy.labels': 'deploy: { labels: { team: shop } }',
  labels: 'labels: { team: shop }',
  annotations: 'annotations: { team: shop }',
  logging: 'logging: { driver: json-file }',
  ports: 'ports: ["80:8080"]',
  expose: 'expose: ["9000"]',
  networks: 'networks: [back]',
  network_mode: 'network_mode: none',
  links: 'links: ["other:db"]',
  external_links: 'external_links: [legacy]',
  container_name: 'container_name: shop-web',
  hostname: 'hostname: front',
  domainname: 'domainname: example.com',
  dns: 'dns: [10.0.0.2]',
  dns_search: 'dns_search: [example.com]',
  dns_opt: 'dns_opt: ["ndots:2"]',
  extra_hosts: 'extra_hosts: ["db.internal:10.0.0.3"]',
  mac_address: 'mac_address: 92:d0:c6:0a:29:33',
  volumes: 'volumes: ["data:/data"]',
  tmpfs: 'tmpfs: [/run]',
  shm_size: 'shm_size: 256m',
  configs: 'configs: [conf]',
  secrets: 'secrets: [token]',
  volumes_from: 'volumes_from: [other]',
  storage_opt: 'storage_opt: { size: 1G }',
  read_only: 'read_only: true',
  cpus: 'cpus: 1.5',
  mem_limit: 'mem_limit: 256m',
  mem_reservation: 'mem_reservation: 200m',
  'deploy.resources.limits.cpus': 'deploy: { resources: { limits: { cpus: "2" } } }',
  'deploy.resources.limits.memory': 'deploy: { resources: { limits: { memory: 512M } } }',
  'deploy.resources.limits.pids': 'deploy: { resources: { limits: { pids: 50 } } }',
  pids_limit: 'pids_limit: 50',
  'deploy.resources.reservations.cpus': 'deploy: { resources: { reservations: { cpus: "0.7" } } }',
  'deploy.resources.reservations.memory': 'deploy: { resources: { reservations: { memory: 200M } } }',
  'deploy.resources.reservations.devices':
    'deploy: { resources: { reservations: { devices: [{ capabilities: [gpu], count: 1 }] } } }',
  'deploy.resources.reservations.generic_resources':
    'deploy: { resources: { reservations: { generic_resources: [{ discrete_resource_spec: { kind: ssd, value: 1 } }] } } }',
  gpus: 'gpus: [{ count: 2 }]',
  cpu_shares: 'cpu_shares: 512',
  cpu_quota: 'cpu_quota: 50000',
  cpu_period: 'cpu_quota: 50000\n    cpu_period: 50000',
  cpu_count: 'cpu_count: 2',
  cpu_percent: 'cpu_percent: 50',
  cpu_rt_period: 'cpu_rt_period: 1400',
  cpu_rt_runtime: 'cpu_rt_runtime: 400',
  cpuset: 'cpuset: "0,1"',
  memswap_limit: 'memswap_limit: 1g',
  mem_swappiness: 'mem_swappiness: 10',
  oom_kill_disable: 'oom_kill_disable: true',
  oom_score_adj: 'oom_score_adj: 100',
  blkio_config: 'blkio_config: { weight: 300 }',
  ulimits: 'ulimits: { nofile: 4096 }',
  'deploy.placement.constraints': 'deploy: { placement: { constraints: ["node.labels.disk == ssd"] } }',
  'deploy.placement.preferences': 'deploy: { placement: { preferences: [{ spread: node.labels.zone }] } }',
  'deploy.placement.max_replicas_per_node': 'deploy: { placement: { max_replicas_per_node: 1 } }',
  user: 'user: "10001:10001"',
  group_add: 'group_add: ["1000"]',
  cap_add: 'cap_add: [NET_ADMIN]',
  cap_drop: 'cap_drop: [NET_RAW]',
  privileged: 'privileged: true',
  security_opt: 'security_opt: ["apparmor=docker-default"]',
  sysctls: 'sysctls: { net.core.somaxconn: 1024 }',
  devices: 'devices: ["/dev/kvm:/dev/kvm"]',
  device_cgroup_rules: 'device_cgroup_rules: ["c 1:3 mr"]',
  pid: 'pid: host',
  ipc: 'ipc: host',
  uts: 'uts: host',
  userns_mode: 'userns_mode: "private"',
  cgroup: 'cgroup: host',
  cgroup_parent: 'cgroup_parent: m',
}

const file = (lines: string): string => `
services:
  web:
    ${lines.startsWith('image') || lines.startsWith('provider') ? '' : 'image: web:1'}
    ${lines}
  other:
    image: other:1
    stop_grace_period: 1m
networks: { back: {} }
volumes: { data: {} }
configs: { conf: { content: hello } }
secrets: { token: { file: token.txt } }
models: { llm: { model: ai/smollm2 } }
`

const files = {
  'app/web.env': 'MODE=fast\n',
  'app/web.labels': 'team=shop\n',
  'app/token.txt': 'sesame',
  'app/spec.json': '{}',
}

const outcome = (lines: string) => {
  const spec = clusterSpec(file(lines), { files })
  return { objects: canonicalJson(render(spec.target, spec)), findings: verdicts(spec.target, spec) }
}

describe('the table of fields', () => {
  const rows = FIELD_TABLE.map((row) => row.field)

  it('has exactly the fields of the Compose schema', () => {
    const fields = [...leaves(service, '')].sort()
    expect(fields.length).toBeGreaterThan(95)
    expect([...rows].sort()).toEqual(fields)
  })

  it('has a sample for every field that leaves a trace', () => {
    expect(Object.keys(SAMPLES).sort()).toEqual(rows.filter((field) => !WITHOUT_TRACE.has(field)).sort())
  })

  it.each(Object.entries(SAMPLES))('renders, notes or refuses %s', (field, lines) => {
    const plain = outcome(BESIDE[field] ?? 'tty: false')
    const { objects, findings } = outcome(lines)
    const said = findings.filter((d) => d.service === 'web' && !plain.findings.some((p) => p.message === d.message))
    const verdict = FIELD_TABLE.find((row) => row.field === field)?.verdict.kind
    const errors = said.filter((d) => d.severity === 'error')
    expect(objects !== plain.objects || said.length > 0).toBe(true)
    if (verdict === 'refused') expect(errors.map((d) => d.code)).toContain('SP1201')
    if (verdict === 'approximated') expect(said.map((d) => d.code)).toContain('SP1202')
    if (verdict === 'faithful') {
      expect(objects).not.toBe(plain.objects)
      expect(errors).toEqual([])
    }
    for (const error of errors)
      expect(error).toMatchObject({ hint: expect.any(String), span: { file: expect.any(String) } })
  })
})
