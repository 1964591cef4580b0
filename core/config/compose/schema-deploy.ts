// What `deploy` of a service may say.
import { listOf, oneOf, orNull, record, scalar, string } from './rule.ts'
import { count, devices, dictOrList, number } from './schema-parts.ts'

const update = record({
  parallelism: count,
  delay: string,
  failure_action: string,
  monitor: string,
  max_failure_ratio: scalar('number', 'string'),
  order: oneOf('start-first', 'stop-first'),
})

const generic = listOf(record({ discrete_resource_spec: record({ kind: string, value: number }) }))

export const deployment = orNull(
  record({
    mode: string,
    endpoint_mode: string,
    replicas: count,
    labels: dictOrList,
    rollback_config: update,
    update_config: update,
    resources: record({
      limits: record({ cpus: number, memory: string, pids: count }),
      reservations: record({ cpus: number, memory: string, generic_resources: generic, devices }),
    }),
    restart_policy: record({ condition: string, delay: string, max_attempts: count, window: string }),
    placement: record({
      constraints: listOf(string),
      preferences: listOf(record({ spread: string })),
      max_replicas_per_node: count,
    }),
  }),
)
