// Every field of a Compose service and what becomes of it on a local target, for containers and for host processes. Data:
// verdicts.ts judges by it and the table in the documentation is printed from it. Fields whose verdict depends on their
// value have a rule in verdict-rules.ts beside their row.

export type FieldVerdict =
  | { readonly kind: 'faithful' }
  /** Works a little differently: said in a note. */
  | { readonly kind: 'approximated'; readonly note: string }
  /** Would be lost: refused unless `accept` takes it. */
  | { readonly kind: 'refused'; readonly why: string; readonly remedy: string }

export interface FieldRow {
  /** Path below the service, as Compose writes it. */
  readonly field: string
  readonly docker: FieldVerdict
  readonly process: FieldVerdict
}

const ok: FieldVerdict = { kind: 'faithful' }
const about = (note: string): FieldVerdict => ({ kind: 'approximated', note })
const no = (why: string, remedy: string): FieldVerdict => ({ kind: 'refused', why, remedy })

/** A host process has none of a container's walls. */
const isolation = no('a host process is not isolated', 'run it in a container, or accept the loss')
const kernel = no('the setting belongs to a container', 'run it in a container, or accept the loss')
const unused = about('has no meaning for a host process')
const noNames = about('a host process is on the network of this machine; service names do not resolve for it')
const notHere = (what: string): FieldVerdict => no(`${what} is not supported on a local target`, 'leave it out')

const rows = (fields: readonly string[], docker: FieldVerdict, process: FieldVerdict): readonly FieldRow[] =>
  fields.map((field) => ({ field, docker, process }))

export const FIELD_TABLE: readonly FieldRow[] = [
  ...rows(
    [
      'command',
      'entrypoint',
      'environment',
      'env_file',
      'working_dir',
      'ports',
      'expose',
      'depends_on',
      'healthcheck',
      'restart',
      'scale',
      'stop_grace_period',
      'stop_signal',
      'profiles',
      'extends',
      'labels',
      'label_file',
      'deploy.mode',
      'deploy.replicas',
      'deploy.restart_policy',
      'deploy.update_config',
      'deploy.placement',
      'deploy.resources.reservations.cpus',
      'deploy.resources.reservations.memory',
      'cpus',
      'mem_limit',
      'pids_limit',
      'deploy.resources.limits',
    ],
    ok,
    ok,
  ),
  ...rows(['attach', 'develop'], ok, ok),
  ...rows(['image', 'build', 'pull_policy', 'pull_refresh_after', 'platform', 'annotations'], ok, unused),
  ...rows(['volumes'], ok, about('paths in the command and working_dir are mapped to the host; nothing is mounted')),
  ...rows(
    ['configs', 'secrets'],
    ok,
    about('the files lie in a folder of the replica: $STORMPORT_CONFIGS and $STORMPORT_SECRETS name it'),
  ),
  ...rows(['networks', 'links'], ok, noNames),
  ...rows(['container_name'], ok, about('names the process in lists only')),
  ...rows(['init', 'tty', 'stdin_open'], ok, unused),
  ...rows(['mem_reservation', 'cpu_shares'], ok, about('is only counted when the process is placed')),
  ...rows(
    [
      'cap_add',
      'cap_drop',
      'privileged',
      'read_only',
      'security_opt',
      'user',
      'group_add',
      'userns_mode',
      'tmpfs',
      'ipc',
      'pid',
      'uts',
      'cgroup',
      'cgroup_parent',
      'isolation',
      'devices',
      'device_cgroup_rules',
    ],
    ok,
    isolation,
  ),
  ...rows(
    [
      'sysctls',
      'ulimits',
      'shm_size',
      'storage_opt',
      'blkio_config',
      'cpuset',
      'cpu_count',
      'cpu_percent',
      'cpu_period',
      'cpu_quota',
      'cpu_rt_period',
      'cpu_rt_runtime',
      'mem_swappiness',
      'memswap_limit',
      'oom_kill_disable',
      'oom_score_adj',
      'runtime',
    ],
    ok,
    kernel,
  ),
  ...rows(
    ['dns', 'dns_opt', 'dns_search', 'extra_hosts', 'hostname', 'domainname', 'mac_address', 'network_mode'],
    ok,
    no('a host process uses the names and the network of this machine', 'run it in a container, or accept the loss'),
  ),
  ...rows(['gpus', 'deploy.resources.reservations.devices'], ok, about('the process sees every card of this machine')),
  ...rows(['logging'], ok, about('output goes to the log files of Stormport')),
  ...rows(
    ['deploy.labels'],
    about('there is no service object on an engine: the labels are not written anywhere'),
    unused,
  ),
  ...rows(['deploy.endpoint_mode'], about('a service name resolves to all replicas (dnsrr)'), noNames),
  ...rows(
    ['deploy.rollback_config'],
    about('a rollback goes by update_config of the release that it restores'),
    about('a rollback goes by update_config of the release that it restores'),
  ),
  ...rows(
    ['deploy.resources.reservations.generic_resources'],
    notHere('a generic resource'),
    notHere('a generic resource'),
  ),
  ...rows(['external_links'], notHere('a link to a foreign container'), notHere('a link to a foreign container')),
  ...rows(
    ['volumes_from'],
    no('replicas come and go: there is no fixed container to take volumes from', 'share a named volume'),
    kernel,
  ),
  ...rows(['volume_driver'], no('it is set for each volume', 'write driver: under the top-level volumes'), kernel),
  ...rows(['post_start', 'pre_stop', 'pre_start'], notHere('a lifecycle hook'), notHere('a lifecycle hook')),
  ...rows(['credential_spec'], notHere('a Windows credential'), notHere('a Windows credential')),
  ...rows(['provider'], notHere('an external provider'), notHere('an external provider')),
  ...rows(['models'], notHere('a model runner'), notHere('a model runner')),
  ...rows(['use_api_socket'], no('it hands the control of the engine to the service', 'leave it out'), isolation),
]
