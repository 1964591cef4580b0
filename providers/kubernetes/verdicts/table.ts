// Every field of a Compose service and what becomes of it on a cluster. Data: verdicts judge by it and the table in the
// documentation is printed from it. `depends`: a rule beside this file looks at the value.

export type FieldVerdict =
  | { readonly kind: 'faithful'; readonly as: string }
  /** Works a little differently: said in a note. */
  | { readonly kind: 'approximated'; readonly note: string }
  /** Would be lost: refused unless `accept` takes it. */
  | { readonly kind: 'refused'; readonly why: string; readonly remedy: string }
  | { readonly kind: 'depends'; readonly as: string }

export interface FieldRow {
  /** Path below the service, as Compose writes it. */
  readonly field: string
  readonly verdict: FieldVerdict
}

const ok = (as: string): FieldVerdict => ({ kind: 'faithful', as })
const about = (note: string): FieldVerdict => ({ kind: 'approximated', note })
const no = (why: string, remedy = 'leave it out, or accept the loss'): FieldVerdict => ({
  kind: 'refused',
  why,
  remedy,
})
const depends = (as: string): FieldVerdict => ({ kind: 'depends', as })

const rows = (fields: Readonly<Record<string, FieldVerdict>>): readonly FieldRow[] =>
  Object.entries(fields).map(([field, verdict]) => ({ field, verdict }))

const LOADED = ok('taken up when the files are read')
const NODE = 'it is a setting of the node, not of a pod'

const WHAT_RUNS = {
  image: ok('image, by digest'),
  build: ok('built and pushed before the plan; never in the cluster'),
  pull_policy: depends('imagePullPolicy'),
  pull_refresh_after: about('each deploy resolves the digest anyway'),
  platform: ok('node selector for os and architecture'),
  command: ok('args; secrets by environment'),
  entrypoint: depends('command; secrets by environment'),
  working_dir: ok('workingDir'),
  environment: ok('env; secrets in a Secret'),
  env_file: LOADED,
  label_file: LOADED,
  profiles: LOADED,
  extends: LOADED,
  init: about('process 1 is the program itself; a shell or tini in the image reaps what it leaves behind'),
  tty: ok('tty'),
  stdin_open: ok('stdin'),
  attach: ok('has no meaning for a deploy'),
  develop: ok('has no meaning for a deploy'),
  models: no('there is no model runner', 'run the model as a service and name it in the environment'),
  provider: no(
    'it is made by a program of this machine',
    'declare what it provides as a service or reach it by x-stormport.reach',
  ),
  runtime: depends('the default runtime'),
  use_api_socket: no('it hands the control of an engine to the service'),
  credential_spec: no('it belongs to Windows containers'),
  isolation: no('it belongs to Windows containers'),
  umask: no('a pod cannot set it', 'set umask in the entrypoint of the image'),
} satisfies Readonly<Record<string, FieldVerdict>>

const LIFE = {
  depends_on: ok('order of the objects; a condition is waited for'),
  healthcheck: depends('readiness and startup probe'),
  restart: depends('pods of services are always restarted; jobs by backoffLimit'),
  stop_grace_period: ok('terminationGracePeriodSeconds'),
  stop_signal: depends('the signal of the image'),
  post_start: depends('lifecycle.postStart'),
  pre_stop: depends('lifecycle.preStop'),
  pre_start: depends('init container of the same image'),
  scale: ok('replicas'),
  'deploy.mode': depends('Deployment, StatefulSet, DaemonSet or Job'),
  'deploy.replicas': ok('replicas; completions of a job'),
  'deploy.restart_policy': depends('backoffLimit of jobs'),
  'deploy.update_config': depends('rolling update; the failure action is the rollout’s'),
  'deploy.rollback_config': about('a rollback goes by update_config of the release that it restores'),
  'deploy.endpoint_mode': ok('ClusterIP, or headless for dnsrr'),
  'deploy.labels': depends('annotations of the workload'),
  labels: depends('annotations of the pods'),
  annotations: depends('annotations of the pods'),
  logging: depends('output goes where the cluster collects it'),
} satisfies Readonly<Record<string, FieldVerdict>>

const NETWORK = {
  ports: depends('Service; outside by publish'),
  expose: ok('port of the Service'),
  networks: depends('NetworkPolicy per network'),
  network_mode: depends('pod network'),
  links: depends('Service by the alias'),
  external_links: no('it names a container outside of the application', 'reach it by x-stormport.reach'),
  container_name: depends('Service by that name, with one replica'),
  hostname: depends('hostname of the pod, and a Service by that name'),
  domainname: about('the domain of a pod stays that of the cluster'),
  dns: about('these servers come behind the cluster’s own, so that service names go on to resolve'),
  dns_search: ok('dnsConfig.searches'),
  dns_opt: ok('dnsConfig.options'),
  extra_hosts: depends('hostAliases'),
  mac_address: no('the cluster gives addresses'),
} satisfies Readonly<Record<string, FieldVerdict>>

const FILES = {
  volumes: depends('claims, Secrets, memory'),
  tmpfs: depends('emptyDir in memory'),
  shm_size: ok('emptyDir in memory at /dev/shm'),
  configs: depends('immutable ConfigMap, by content'),
  secrets: depends('immutable Secret, by content'),
  volumes_from: no('replicas come and go: there is no fixed container to take volumes from', 'share a named volume'),
  storage_opt: no(NODE),
  read_only: ok('readOnlyRootFilesystem'),
} satisfies Readonly<Record<string, FieldVerdict>>

const RESOURCES = {
  cpus: ok('limits.cpu'),
  mem_limit: ok('limits.memory'),
  mem_reservation: ok('requests.memory'),
  'deploy.resources.limits.cpus': ok('limits.cpu'),
  'deploy.resources.limits.memory': ok('limits.memory'),
  'deploy.resources.limits.pids': about('kubelets limit processes for all pods alike'),
  pids_limit: about('kubelets limit processes for all pods alike'),
  'deploy.resources.reservations.cpus': ok('requests.cpu'),
  'deploy.resources.reservations.memory': ok('requests.memory'),
  'deploy.resources.reservations.devices': depends('extended resource, node affinity, tolerations'),
  'deploy.resources.reservations.generic_resources': no(
    'a cluster counts extended resources, and only GPUs are mapped to them',
    'ask for GPUs by x-stormport.gpu',
  ),
  gpus: depends('extended resource, node affinity, tolerations'),
  cpu_shares: about('1024 shares are a request of one CPU'),
  cpu_quota: ok('limits.cpu, with cpu_period'),
  cpu_period: ok('limits.cpu, with cpu_quota'),
  cpu_count: no('it belongs to Windows containers', 'use cpus'),
  cpu_percent: no('it belongs to Windows containers', 'use cpus'),
  cpu_rt_period: no(NODE),
  cpu_rt_runtime: no(NODE),
  cpuset: no('the node gives CPUs', 'use deploy.resources.limits.cpus'),
  memswap_limit: depends('no swap'),
  mem_swappiness: no(NODE),
  oom_kill_disable: no(NODE),
  oom_score_adj: no('the node computes it from requests and limits'),
  blkio_config: no('clusters do not share out disk bandwidth'),
  ulimits: depends('limits of the node’s runtime'),
  'deploy.placement.constraints': depends('node affinity'),
  'deploy.placement.preferences': ok('topology spread constraints'),
  'deploy.placement.max_replicas_per_node': depends('anti-affinity'),
} satisfies Readonly<Record<string, FieldVerdict>>

const SECURITY = {
  user: depends('runAsUser, runAsGroup'),
  group_add: depends('supplementalGroups'),
  cap_add: ok('capabilities'),
  cap_drop: ok('capabilities'),
  privileged: depends('with allow: [privileged]'),
  security_opt: depends('seccomp, AppArmor, SELinux, escalation'),
  sysctls: depends('sysctls of the pod'),
  devices: no('a pod gets devices only through a device plugin', 'ask for GPUs by x-stormport.gpu'),
  device_cgroup_rules: no('a pod gets devices only through a device plugin'),
  pid: depends('own, or the node’s with allow: [hostPID]'),
  ipc: depends('own, or the node’s with allow: [hostIPC]'),
  uts: depends('own'),
  userns_mode: depends('the cluster’s default'),
  cgroup: depends('private'),
  cgroup_parent: no(NODE),
} satisfies Readonly<Record<string, FieldVerdict>>

export const FIELD_TABLE: readonly FieldRow[] = [WHAT_RUNS, LIFE, NETWORK, FILES, RESOURCES, SECURITY].flatMap(rows)
