// The final form of what only services may say.
import {
  always,
  anyInteger,
  anyString,
  type Codec,
  type Fields,
  flag,
  givenFlag,
  givenInteger,
  givenUnsigned,
  integer,
  listOf,
  record,
  single,
  string,
  stringList,
  strings,
  unsigned,
} from './codec.ts'
import { bytes, command, duration, environment, givenDuration, mapping, multiOptions } from './codec-text.ts'
import { containerFields, deviceRequests } from './shape-container.ts'

const UINT64 = 64

const update = record({
  parallelism: givenUnsigned(UINT64),
  delay: duration,
  failure_action: string,
  monitor: duration,
  max_failure_ratio: single,
  order: string,
})

const generic = listOf(record({ discrete_resource_spec: record({ kind: anyString, value: anyInteger }) }))

const resource = record({
  cpus: single,
  memory: bytes,
  pids: integer,
  devices: deviceRequests,
  generic_resources: generic,
})

const deploy = record({
  mode: string,
  replicas: givenInteger,
  labels: mapping,
  update_config: update,
  rollback_config: update,
  resources: always(record({ limits: resource, reservations: resource })),
  restart_policy: record({
    condition: string,
    delay: givenDuration,
    max_attempts: givenUnsigned(UINT64),
    window: givenDuration,
  }),
  placement: always(
    record({
      constraints: strings,
      preferences: listOf(record({ spread: string })),
      max_replicas_per_node: unsigned(UINT64),
    }),
  ),
  endpoint_mode: string,
})

const hook: Codec = record({ command, user: string, privileged: flag, working_dir: string, environment })

const watch = record({
  path: anyString,
  action: anyString,
  target: string,
  exec: always(hook),
  include: stringList,
  ignore: stringList,
  initial_sync: flag,
})

export const serviceOnlyFields: Fields = {
  profiles: strings,
  deploy,
  develop: record({ watch: listOf(watch) }),
  restart: string,
  scale: givenInteger,
  attach: givenFlag,
  container_name: string,
  provider: record({ type: string, options: multiOptions }),
  extends: record({ file: string, service: string }),
  external_links: strings,
  links: strings,
  pre_start: listOf(record({ ...containerFields, per_replica: flag })),
  post_start: listOf(hook),
  pre_stop: listOf(hook),
}
