// The final form of a project, field by field: which codec reads what.
import {
  always,
  anyString,
  type Codec,
  dictionary,
  flag,
  givenFlag,
  integer,
  listOf,
  record,
  string,
  strings,
} from './codec.ts'
import { mapping, plainMapping } from './codec-text.ts'
import { containerFields, workloadFields } from './shape-container.ts'
import { serviceOnlyFields } from './shape-service.ts'

const service: Codec = record({ ...serviceOnlyFields, ...containerFields, ...workloadFields })

const schedule = record({ cron: string, timezone: string, concurrency: string, missed_fires: string })

const job: Codec = record({
  profiles: strings,
  triggers: record({ manual: givenFlag, schedule: listOf(schedule) }),
  ...containerFields,
  ...workloadFields,
})

const ipam = record({
  driver: string,
  config: listOf(record({ subnet: string, gateway: string, ip_range: string, aux_addresses: mapping })),
  options: mapping,
})

const network = always(
  record({
    name: string,
    driver: string,
    driver_opts: mapping,
    ipam: always(ipam),
    external: flag,
    internal: flag,
    attachable: flag,
    labels: mapping,
    enable_ipv4: givenFlag,
    enable_ipv6: givenFlag,
  }),
)

const volume = always(record({ name: string, driver: string, driver_opts: mapping, external: flag, labels: mapping }))

const fileObject = record({
  name: string,
  file: string,
  environment: string,
  content: string,
  external: flag,
  labels: mapping,
  driver: string,
  driver_opts: plainMapping,
  template_driver: string,
})

const model = record({ name: string, model: string, context_size: integer, runtime_flags: strings })

export const projectShape: Codec = record({
  name: anyString,
  services: always(dictionaryOrEmpty(service)),
  jobs: dictionary(job),
  networks: dictionary(network),
  volumes: dictionary(volume),
  secrets: dictionary(fileObject),
  configs: dictionary(fileObject),
  models: dictionary(model),
})

/** A file without services still says so. */
function dictionaryOrEmpty(codec: Codec): Codec {
  const inner = dictionary(codec)
  return (node, decoding) => inner(node, decoding) ?? node
}
