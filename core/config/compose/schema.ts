// The attributes of the Compose Specification outside services, and the whole file.
import type { MapRule, Rule } from './rule.ts'
import { dictionary, either, integer, listOf, orNull, record, scalar, strict, string } from './rule.ts'
import { dictOrList, NAME, stringOrSet } from './schema-parts.ts'
import { job, service } from './schema-service.ts'

const external = (extensible: boolean): Rule =>
  either(scalar('boolean', 'string'), { ...record({ name: string }), closed: extensible, extensible })

const driverOptions = dictionary(scalar('string', 'number'), /./, false)
const flag = scalar('boolean', 'string')

const pool = record({
  subnet: string,
  ip_range: string,
  gateway: string,
  aux_addresses: dictionary(string, /./, true),
})

const network = orNull(
  record({
    name: string,
    driver: string,
    driver_opts: driverOptions,
    ipam: record({ driver: string, config: listOf(pool), options: dictionary(string, /./, true) }),
    external: external(true),
    internal: flag,
    enable_ipv4: flag,
    enable_ipv6: flag,
    attachable: flag,
    labels: dictOrList,
  }),
)

const volume = orNull(
  record({ name: string, driver: string, driver_opts: driverOptions, external: external(true), labels: dictOrList }),
)

const secret = record({
  name: string,
  environment: string,
  file: string,
  external: external(false),
  labels: dictOrList,
  driver: string,
  driver_opts: driverOptions,
  template_driver: string,
})

const config = record({
  name: string,
  content: string,
  environment: string,
  file: string,
  external: external(false),
  labels: dictOrList,
  template_driver: string,
})

const model = record({ name: string, model: string, context_size: integer, runtime_flags: listOf(string) }, ['model'])

const include = either(string, strict({ path: stringOrSet, env_file: stringOrSet, project_directory: string }))

const named = (rule: Rule): MapRule => dictionary(rule, NAME, true)

export const composeFile: MapRule = record({
  version: string,
  name: string,
  include: listOf(include),
  services: named(service),
  models: named(model),
  networks: named(network),
  volumes: named(volume),
  secrets: named(secret),
  configs: named(config),
  jobs: named(job),
})
