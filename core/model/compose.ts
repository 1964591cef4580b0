// The canonical Compose project: the shape that `docker compose config --format json` prints. Strings are as the user's
// files say after interpolation; this type is for `config` and for reading fields, never for logs or state (see app.ts).

export interface ComposeProject {
  name: string
  services: Record<string, ComposeService>
  networks?: Record<string, ComposeNetwork | null>
  volumes?: Record<string, ComposeVolume | null>
  configs?: Record<string, ComposeFileObject>
  secrets?: Record<string, ComposeFileObject>
  models?: Record<string, unknown>
  [extension: `x-${string}`]: unknown
}

export interface ComposeService {
  image?: string
  build?: ComposeBuild
  command?: string[] | null
  entrypoint?: string[] | null
  environment?: Record<string, string | null>
  env_file?: { path: string; required?: boolean; format?: string }[]
  ports?: ComposePort[]
  expose?: string[]
  volumes?: ComposeMount[]
  tmpfs?: string[]
  networks?: Record<string, ComposeServiceNetwork | null>
  network_mode?: string
  depends_on?: Record<string, { condition: string; required: boolean; restart?: boolean }>
  healthcheck?: ComposeHealthcheck
  deploy?: ComposeDeploy
  configs?: ComposeFileMount[]
  secrets?: ComposeFileMount[]
  labels?: Record<string, string>
  annotations?: Record<string, string>
  links?: string[]
  external_links?: string[]
  extra_hosts?: string[]
  restart?: string
  scale?: number
  user?: string
  working_dir?: string
  hostname?: string
  domainname?: string
  container_name?: string
  stop_grace_period?: string
  stop_signal?: string
  init?: boolean
  privileged?: boolean
  read_only?: boolean
  tty?: boolean
  stdin_open?: boolean
  cap_add?: string[]
  cap_drop?: string[]
  security_opt?: string[]
  sysctls?: Record<string, string>
  ulimits?: Record<string, number | { soft: number; hard: number } | { single: number }>
  devices?: { source: string; target: string; permissions?: string }[]
  gpus?: ComposeDevice[]
  dns?: string[]
  dns_opt?: string[]
  dns_search?: string[]
  shm_size?: string
  pids_limit?: number
  cpus?: number
  cpu_shares?: number
  cpuset?: string
  mem_limit?: string
  mem_reservation?: string
  memswap_limit?: string
  platform?: string
  pull_policy?: string
  profiles?: string[]
  group_add?: string[]
  runtime?: string
  logging?: { driver?: string; options?: Record<string, string> }
  attach?: boolean
  /** Every other key of the specification, as it stands after canonicalisation, and x- keys. */
  [other: string]: unknown
}

export interface ComposeBuild {
  context?: string
  dockerfile?: string
  dockerfile_inline?: string
  args?: Record<string, string | null>
  target?: string
  platforms?: string[]
  labels?: Record<string, string>
  [other: string]: unknown
}

export interface ComposePort {
  target: number
  published?: string
  host_ip?: string
  protocol?: string
  mode?: string
  name?: string
  app_protocol?: string
}

export interface ComposeMount {
  type: string
  source?: string
  target: string
  read_only?: boolean
  consistency?: string
  bind?: { propagation?: string; create_host_path?: boolean; selinux?: string; recursive?: string }
  volume?: { nocopy?: boolean; subpath?: string; labels?: Record<string, string> }
  tmpfs?: { size?: string; mode?: number }
  image?: { subpath?: string }
}

export interface ComposeServiceNetwork {
  aliases?: string[]
  ipv4_address?: string
  ipv6_address?: string
  mac_address?: string
  priority?: number
  driver_opts?: Record<string, string>
  [other: string]: unknown
}

export interface ComposeHealthcheck {
  test?: string[]
  interval?: string
  timeout?: string
  retries?: number
  start_period?: string
  start_interval?: string
  disable?: boolean
}

export interface ComposeDeploy {
  mode?: string
  replicas?: number
  endpoint_mode?: string
  labels?: Record<string, string>
  update_config?: ComposeUpdateConfig
  rollback_config?: ComposeUpdateConfig
  restart_policy?: { condition?: string; delay?: string; max_attempts?: number; window?: string }
  resources?: {
    limits?: { cpus?: number | string; memory?: string; pids?: number }
    reservations?: { cpus?: number | string; memory?: string; devices?: ComposeDevice[]; generic_resources?: unknown[] }
  }
  placement?: { constraints?: string[]; preferences?: { spread: string }[]; max_replicas_per_node?: number }
}

export interface ComposeUpdateConfig {
  parallelism?: number
  delay?: string
  failure_action?: string
  monitor?: string
  max_failure_ratio?: number
  order?: string
}

export interface ComposeDevice {
  capabilities?: string[]
  driver?: string
  count?: number | string
  device_ids?: string[]
  options?: Record<string, string>
}

export interface ComposeFileMount {
  source: string
  target?: string
  uid?: string
  gid?: string
  mode?: string | number
}

export interface ComposeFileObject {
  name?: string
  file?: string
  environment?: string
  content?: string
  external?: boolean
  labels?: Record<string, string>
  [other: string]: unknown
}

export interface ComposeNetwork {
  name?: string
  driver?: string
  driver_opts?: Record<string, string>
  external?: boolean
  internal?: boolean
  attachable?: boolean
  enable_ipv6?: boolean
  ipam?: Record<string, unknown>
  labels?: Record<string, string>
  [other: string]: unknown
}

export interface ComposeVolume {
  name?: string
  driver?: string
  driver_opts?: Record<string, string>
  external?: boolean
  labels?: Record<string, string>
  [other: string]: unknown
}
