// What a service, a job and a pre_start container may say.
import type { Keys, MapRule, Rule } from './rule.ts'
import { boolean, dictionary, either, listOf, oneOf, orNull, record, scalar, setOf, string } from './rule.ts'
import { containerKeys } from './schema-container.ts'
import { deployment } from './schema-deploy.ts'
import {
  count,
  dictOrList,
  extraHosts,
  fileMounts,
  flag,
  hook,
  NAME,
  number,
  stringOrSet,
  strings,
  ulimits,
} from './schema-parts.ts'

const build = either(
  string,
  record({
    context: string,
    dockerfile: string,
    dockerfile_inline: string,
    entitlements: listOf(string),
    args: dictOrList,
    ssh: dictOrList,
    labels: dictOrList,
    cache_from: listOf(string),
    cache_to: listOf(string),
    no_cache: flag,
    no_cache_filter: stringOrSet,
    additional_contexts: either(dictionary(string, /./, true), setOf(string)),
    network: string,
    provenance: flag,
    sbom: flag,
    pull: flag,
    target: string,
    shm_size: count,
    extra_hosts: extraHosts,
    isolation: string,
    privileged: flag,
    secrets: fileMounts,
    tags: listOf(string),
    ulimits,
    platforms: listOf(string),
  }),
)

const dependency = record(
  {
    restart: flag,
    required: boolean,
    condition: oneOf('service_started', 'service_healthy', 'service_completed_successfully'),
  },
  ['condition'],
)

const healthcheck = record({
  disable: flag,
  interval: string,
  retries: number,
  test: either(string, listOf(string)),
  timeout: string,
  start_period: string,
  start_interval: string,
})

const port = record({
  name: string,
  mode: string,
  host_ip: string,
  target: count,
  published: count,
  protocol: string,
  app_protocol: string,
})

const workloadKeys: Keys = {
  build,
  depends_on: either(strings, dictionary(dependency, NAME, true)),
  healthcheck,
  ports: setOf(either(scalar('number', 'string'), port)),
  expose: setOf(scalar('string', 'number')),
  stdin_open: flag,
  tty: flag,
}

const watch = record(
  {
    ignore: stringOrSet,
    include: stringOrSet,
    path: string,
    action: oneOf('rebuild', 'sync', 'restart', 'sync+restart', 'sync+exec'),
    target: string,
    exec: hook,
    initial_sync: boolean,
  },
  ['path', 'action'],
)

const option = scalar('string', 'number', 'boolean')

const provider = record({ type: string, options: dictionary(either(option, listOf(option)), /./, false) }, ['type'])

const extend = either(string, { ...record({ service: string, file: string }, ['service']), extensible: false })

const preStart: MapRule = record({ ...containerKeys, per_replica: flag })

const serviceKeys: Keys = {
  deploy: deployment,
  develop: orNull(record({ watch: listOf(watch) })),
  profiles: strings,
  restart: string,
  scale: count,
  attach: flag,
  container_name: { kind: 'scalar', types: ['string'], pattern: /[a-zA-Z0-9][a-zA-Z0-9_.-]+/ },
  provider,
  extends: extend,
  links: setOf(string),
  external_links: setOf(string),
  pre_start: listOf(preStart),
  post_start: listOf(hook),
  pre_stop: listOf(hook),
}

const schedule = record(
  {
    cron: string,
    timezone: string,
    concurrency: oneOf('forbid', 'queue'),
    missed_fires: oneOf('one', 'skip'),
  },
  ['cron'],
)

const triggers: MapRule = {
  ...record({ manual: flag, schedule: listOf(either(string, schedule)) }),
  someOf: ['manual', 'schedule'],
}

export const service: Rule = record({ ...containerKeys, ...workloadKeys, ...serviceKeys })
export const job: Rule = record({ ...containerKeys, ...workloadKeys, profiles: strings, triggers }, ['triggers'])
