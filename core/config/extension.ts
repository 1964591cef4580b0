// x-stormport of one service or volume: checked against the schema, short forms opened, defaults filled.
import type { Autoscale, Expose, Schedule, ServiceExtension } from '../model/app.ts'
import { parseDuration } from '../model/duration.ts'
import { parseSize } from '../model/quantity.ts'
import { type ServiceExtensionInput, serviceExtension, volumeExtension } from './extension-schema.ts'
import { type Finding, findings } from './schema-issues.ts'

export interface ParsedExtension {
  readonly extension: ServiceExtension
  /** As written: it joins what Compose says about devices (app-gpu.ts). */
  readonly gpu: ServiceExtensionInput['gpu']
  /** Environment keys that are no secret. */
  readonly public: readonly string[]
  readonly findings: readonly Finding[]
}

/** With findings, what could not be read has its default. */
export const parseExtension = (raw: unknown): ParsedExtension => {
  const found = raw === undefined || raw === null ? [] : findings(serviceExtension, raw, 'x-stormport')
  const input: ServiceExtensionInput = raw === undefined || raw === null ? {} : usable(raw, found)
  return { extension: fill(input), gpu: input.gpu, public: input.public ?? [], findings: found }
}

export const parseVolumeExtension = (
  raw: unknown,
): { readonly sizeBytes: number | null; readonly class: string | null; readonly findings: readonly Finding[] } => {
  const found = raw === undefined || raw === null ? [] : findings(volumeExtension, raw, 'x-stormport')
  const parsed = volumeExtension.safeParse(raw)
  const size = parsed.success && parsed.data.size !== undefined ? parseSize(parsed.data.size) : null
  return { sizeBytes: size?.ok === true ? size.value : null, class: parsed.data?.class ?? null, findings: found }
}

/** The raw stanza without the top-level keys that have findings, so that one mistake does not hide the meaning of the rest. */
const usable = (raw: unknown, found: readonly Finding[]): ServiceExtensionInput => {
  if (typeof raw !== 'object' || raw === null) return {}
  const broken = new Set(found.map((finding) => finding.path[0]))
  const kept = Object.fromEntries(Object.entries(raw).filter(([key]) => !broken.has(key)))
  return serviceExtension.safeParse(kept).data ?? {}
}

const fill = (input: ServiceExtensionInput): ServiceExtension => ({
  targets: input.targets?.map((target) => (typeof target === 'string' ? { name: target } : target)) ?? null,
  place: {
    strategy: input.place?.strategy ?? null,
    minPerTarget: input.place?.minPerTarget ?? 0,
    with: input.place?.with ?? [],
    each: input.place?.each ?? null,
    weights: input.place?.weights ?? {},
  },
  reach: input.reach ?? {},
  autoscale: autoscaleOf(input.autoscale),
  capacity: input.capacity ?? [],
  failover: input.failover ?? 'auto',
  singleton: input.singleton ?? false,
  expose: input.expose === undefined ? [] : [input.expose].flat().map(exposeOf),
  schedule: scheduleOf(input.schedule),
  job: input.job === undefined ? null : { run: input.job.run ?? 'onChange', targets: input.job.targets ?? 'one' },
  security: input.security ?? 'auto',
  priority: input.priority ?? 0,
  gang: input.gang ?? false,
  process: processOf(input.process),
  accept: input.accept ?? [],
  allow: input.allow ?? [],
  identity: Object.fromEntries(
    Object.entries(input.identity ?? {}).filter((entry): entry is [string, string] => entry[1] !== undefined),
  ),
})

const autoscaleOf = (input: ServiceExtensionInput['autoscale']): Autoscale | null =>
  input === undefined
    ? null
    : {
        min: input.min ?? 1,
        max: input.max,
        cpu: input.cpu ?? null,
        memory: input.memory ?? null,
        behavior: input.behavior ?? null,
      }

const exposeOf = (input: Exclude<ServiceExtensionInput['expose'], undefined | readonly unknown[]>): Expose => ({
  host: input.host,
  path: input.path ?? '/',
  port: input.port ?? null,
  tls: input.tls === undefined || input.tls === false ? null : input.tls,
})

const scheduleOf = (input: ServiceExtensionInput['schedule']): Schedule | null => {
  if (input === undefined) return null
  const written = typeof input === 'string' ? { cron: input } : input
  return {
    cron: written.cron,
    timezone: written.timezone ?? 'UTC',
    concurrency: written.concurrency ?? 'allow',
    startDeadlineMs: written.startDeadline === undefined ? null : parseDuration(written.startDeadline),
  }
}

const processOf = (input: ServiceExtensionInput['process']): ServiceExtension['process'] => {
  if (input === undefined || input === false) return null
  if (input === true || input === 'always') return { when: input === true ? 'true' : 'always', watch: [] }
  if (input.when === false) return null
  return { when: input.when === 'always' ? 'always' : 'true', watch: input.watch ?? [] }
}
