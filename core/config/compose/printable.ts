// What `docker compose config --format json` shows of a project: no extensions inside services, no models, and only the
// networks, volumes, configs and secrets that a service uses.
import type { ComposeProject } from '../../model/compose.ts'

/** `unused: true` keeps resources that no service uses, as the loader itself does. */
export const printable = (project: ComposeProject, options: { readonly unused: boolean }): ComposeProject => {
  const shown = Object.fromEntries(
    Object.entries(project)
      .filter(([key]) => key !== 'models')
      .map(([key, value]) => [key, key.startsWith('x-') ? value : section(key, value)]),
  ) as ComposeProject
  return options.unused ? shown : withoutUnused(shown)
}

/** Names are the user's in these, also when they begin with x-. */
const NAMED = new Set(['services', 'jobs', 'networks', 'volumes', 'configs', 'secrets'])

const section = (key: string, value: unknown): unknown =>
  NAMED.has(key) && isRecord(value) ? mapValues(value, withoutExtensions) : value

/** Mappings to text keep their keys: what remains of an x- key there is no extension. */
const FREE = new Set([
  ...['annotations', 'environment', 'labels', 'args', 'sysctls', 'driver_opts', 'options', 'aux_addresses'],
  ...['storage_opt', 'additional_contexts', 'ulimits', 'networks', 'depends_on', 'models'],
])

const withoutExtensions = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutExtensions)
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !key.startsWith('x-'))
      .map(([key, inner]) => [
        key,
        FREE.has(key) && isRecord(inner) ? mapValues(inner, withoutExtensions) : withoutExtensions(inner),
      ]),
  )
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const mapValues = (record: Record<string, unknown>, each: (value: unknown) => unknown): Record<string, unknown> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, each(value)]))

const withoutUnused = (project: ComposeProject): ComposeProject => {
  const services = Object.values(project.services)
  const used = {
    networks: new Set(services.flatMap((s) => Object.keys(s.networks ?? {}))),
    volumes: new Set(
      services.flatMap((s) => (s.volumes ?? []).flatMap((v) => (v.type === 'volume' ? (v.source ?? []) : []))),
    ),
    configs: new Set(services.flatMap((s) => (s.configs ?? []).map((c) => c.source))),
    secrets: new Set(services.flatMap((s) => [...(s.secrets ?? []), ...buildSecrets(s.build)].map((c) => c.source))),
  }
  const kept = { ...project }
  for (const key of ['networks', 'volumes', 'configs', 'secrets'] as const) {
    const entries = Object.entries(project[key] ?? {}).filter(([name]) => used[key].has(name))
    if (entries.length === 0) delete kept[key]
    else Object.assign(kept, { [key]: Object.fromEntries(entries) })
  }
  return kept
}

const buildSecrets = (build: ComposeProject['services'][string]['build']): readonly { readonly source: string }[] =>
  Array.isArray(build?.['secrets']) ? build['secrets'] : []
