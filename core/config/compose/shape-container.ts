// The final form of what any container may say, and of what services and jobs share.
import {
  anyFlag,
  anyUnsigned,
  type Codec,
  dictionary,
  type Fields,
  flag,
  givenFlag,
  givenUnsigned,
  integer,
  listOf,
  nullable,
  optOut,
  printedList,
  record,
  reject,
  single,
  string,
  stringList,
  strings,
  unsigned,
} from './codec.ts'
import {
  anyBytes,
  bytes,
  command,
  deviceCount,
  environment,
  fileMode,
  givenDuration,
  healthTest,
  hosts,
  mapping,
  plainMapping,
  sshKeys,
  ulimit,
} from './codec-text.ts'

const UINT16 = 16
const UINT32 = 32

export const fileMounts: Codec = listOf(
  record({ source: string, target: string, uid: string, gid: string, mode: fileMode }),
)

const throttle = listOf(record({ path: anyName, rate: anyBytes }, { path: 'Path', rate: 'Rate' }))

// These two types of the reference loader have no names of their own and print with capitals.
function anyName(...args: Parameters<Codec>): ReturnType<Codec> {
  const [node, decoding] = args
  return string(node, decoding) ?? { at: decoding.owner.at, kind: 'string', value: '' }
}

const blkio = record({
  weight: unsigned(UINT16),
  weight_device: listOf(record({ path: anyName, weight: anyUnsigned(UINT16) }, { path: 'Path', weight: 'Weight' })),
  device_read_bps: throttle,
  device_read_iops: throttle,
  device_write_bps: throttle,
  device_write_iops: throttle,
})

export const deviceRequests: Codec = listOf(
  record({ capabilities: strings, driver: string, count: deviceCount, device_ids: strings, options: mapping }),
)

const mount = record({
  type: string,
  source: string,
  target: string,
  read_only: flag,
  consistency: string,
  bind: record({ selinux: string, propagation: string, create_host_path: optOut, recursive: string }),
  volume: record({ labels: mapping, nocopy: flag, subpath: string }),
  tmpfs: record({ size: bytes, mode: unsigned(UINT32) }),
  image: record({ subpath: string }),
})

const attachment = nullable(
  record({
    aliases: strings,
    driver_opts: mapping,
    gw_priority: integer,
    interface_name: string,
    ipv4_address: string,
    ipv6_address: string,
    link_local_ips: strings,
    mac_address: string,
    priority: integer,
    use_service_name_alias: givenFlag,
  }),
)

// A later file may take null away; what is left is no namespace.
const nonNull: Codec = (node, decoding) =>
  node?.kind === 'null' ? reject(node, decoding, 'must not be null') : string(node, decoding)

export const containerFields: Fields = {
  annotations: mapping,
  blkio_config: blkio,
  cap_add: strings,
  cap_drop: strings,
  cgroup_parent: string,
  cgroup: string,
  cpu_count: integer,
  cpu_percent: single,
  cpu_period: integer,
  cpu_quota: integer,
  cpu_rt_period: integer,
  cpu_rt_runtime: integer,
  cpus: single,
  cpuset: string,
  cpu_shares: integer,
  command,
  configs: fileMounts,
  credential_spec: record({ config: string, file: string, registry: string }),
  device_cgroup_rules: strings,
  devices: listOf(record({ source: string, target: string, permissions: string })),
  dns: stringList,
  dns_opt: strings,
  dns_search: stringList,
  domainname: string,
  entrypoint: command,
  environment,
  env_file: listOf(record({ path: string, required: optOut, format: string })),
  extra_hosts: hosts,
  group_add: strings,
  gpus: deviceRequests,
  hostname: string,
  image: string,
  init: givenFlag,
  ipc: string,
  isolation: string,
  labels: mapping,
  label_file: strings,
  logging: record({ driver: string, options: mapping }),
  mem_limit: bytes,
  mem_reservation: bytes,
  memswap_limit: bytes,
  mem_swappiness: bytes,
  mac_address: string,
  models: dictionary(nullable(record({ endpoint_var: string, model_var: string }))),
  network_mode: string,
  networks: dictionary(attachment),
  oom_kill_disable: flag,
  oom_score_adj: integer,
  pid: nonNull,
  pids_limit: integer,
  platform: string,
  privileged: flag,
  pull_policy: string,
  pull_refresh_after: string,
  read_only: flag,
  runtime: string,
  secrets: fileMounts,
  security_opt: strings,
  shm_size: bytes,
  stop_grace_period: givenDuration,
  stop_signal: string,
  storage_opt: plainMapping,
  sysctls: mapping,
  tmpfs: stringList,
  ulimits: dictionary(ulimit),
  umask: givenUnsigned(UINT32),
  use_api_socket: flag,
  user: string,
  userns_mode: string,
  uts: string,
  volumes: listOf(mount),
  volumes_from: strings,
  working_dir: string,
}

const build = record({
  context: string,
  dockerfile: string,
  dockerfile_inline: string,
  entitlements: strings,
  args: environment,
  provenance: string,
  sbom: string,
  ssh: sshKeys,
  labels: mapping,
  cache_from: stringList,
  cache_to: stringList,
  no_cache: flag,
  no_cache_filter: stringList,
  additional_contexts: mapping,
  pull: flag,
  extra_hosts: hosts,
  isolation: string,
  network: string,
  target: string,
  secrets: fileMounts,
  shm_size: bytes,
  tags: stringList,
  ulimits: dictionary(ulimit),
  platforms: stringList,
  privileged: flag,
})

const port = record({
  name: string,
  mode: string,
  host_ip: string,
  target: unsigned(UINT32),
  published: string,
  protocol: string,
  app_protocol: string,
})

export const workloadFields: Fields = {
  build,
  depends_on: dictionary(record({ condition: string, restart: flag, required: anyFlag })),
  expose: printedList,
  healthcheck: record({
    test: healthTest,
    timeout: givenDuration,
    interval: givenDuration,
    retries: givenUnsigned(64),
    start_period: givenDuration,
    start_interval: givenDuration,
    disable: flag,
  }),
  ports: listOf(port),
  stdin_open: flag,
  tty: flag,
}
