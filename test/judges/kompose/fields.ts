// Which fields a Compose project uses, and the same project without one of them or with another value there. A field that
// makes no difference to what a tool makes was lost on the way, whatever the tool calls it.

export type Project = Readonly<Record<string, unknown>>

export interface Field {
  /** 'deploy.resources.limits.cpus', 'volumes (bind)', 'networks.internal (top level)'. */
  readonly name: string
  /** The project without it, and with other values there. */
  readonly variants: readonly Project[]
}

type Entry = Readonly<Record<string, unknown>>

const isEntry = (value: unknown): value is Entry => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Mappings whose keys are fields of their own. */
const NESTED = new Set([
  'deploy',
  'deploy.placement',
  'deploy.resources',
  'deploy.resources.limits',
  'deploy.resources.reservations',
  'deploy.update_config',
  'healthcheck',
])

/** Lists of mounts: each type is a field of its own. */
const BY_TYPE = new Set(['volumes'])

/** The file must name an image or a build, and a name of the project is not a field of it. */
const NEVER_LEFT_OUT = new Set(['image'])

export const fieldsOf = (project: Project): readonly Field[] => [...serviceFields(project), ...topFields(project)]

const serviceFields = (project: Project): readonly Field[] => {
  const services = Object.values(entryOf(project, 'services')).filter(isEntry)
  const names = new Set(services.flatMap((service) => namesIn(service, '')))
  return [...names].sort().map((name) => ({ name, variants: variantsOf(project, name) }))
}

const namesIn = (at: Entry, prefix: string): readonly string[] =>
  Object.entries(at).flatMap(([key, value]) => {
    const name = prefix === '' ? key : `${prefix}.${key}`
    if (key.startsWith('x-') || NOT_DEPLOYED.has(name) || isNothing(name, value)) return []
    if (NESTED.has(name) && isEntry(value)) return namesIn(value, name)
    if (BY_TYPE.has(name) && Array.isArray(value)) return value.map((mount) => `${name} (${String(mount.type)})`)
    return [name]
  })

/** Taken up when the file is read, or meant for the developer's own machine: nothing of them is deployed. */
const NOT_DEPLOYED = new Set(['attach', 'develop', 'extends', 'label_file', 'profiles'])

/** What reading a file adds by itself: no command, and the default network. */
const isNothing = (name: string, value: unknown): boolean =>
  value === null ||
  (name === 'networks' && isEntry(value) && Object.keys(value).join() === 'default' && value['default'] === null)

const variantsOf = (project: Project, name: string): readonly Project[] => {
  const without = NEVER_LEFT_OUT.has(name) ? [] : [onEveryService(project, (service) => removed(service, name))]
  const others = onEveryService(project, (service) => changed(service, name.split('.')))
  return JSON.stringify(others) === JSON.stringify(project) ? without : [...without, others]
}

const onEveryService = (project: Project, change: (service: Entry) => Entry): Project =>
  onEveryEntry(project, 'services', change)

const removed = (service: Entry, name: string): Entry => {
  const typed = /^(\w+) \((\w+)\)$/.exec(name)
  if (typed === null) return without(service, name.split('.'))
  const [, list = '', type] = typed
  const mounts = service[list]
  return Array.isArray(mounts) ? { ...service, [list]: mounts.filter((mount) => mount.type !== type) } : service
}

const without = (at: Entry, [key = '', ...rest]: readonly string[]): Entry => {
  const inner = at[key]
  if (rest.length > 0) return isEntry(inner) ? { ...at, [key]: without(inner, rest) } : at
  const { [key]: _left, ...kept } = at
  return kept
}

/** Another value for fields whose written value may be what a tool does anyway. */
const changed = (at: Entry, [key = '', ...rest]: readonly string[]): Entry => {
  const inner = at[key]
  if (rest.length > 0) return isEntry(inner) ? { ...at, [key]: changed(inner, rest) } : at
  const other = OTHERS[key]?.(inner) ?? (typeof inner === 'boolean' ? !inner : undefined)
  return other === undefined || inner === undefined ? at : { ...at, [key]: other }
}

const OTHERS: Readonly<Record<string, (value: unknown) => unknown>> = {
  image: () => 'example.com/other:2',
  restart: (value) => (value === 'no' ? 'always' : 'no'),
  pull_policy: (value) => (value === 'always' ? 'never' : 'always'),
  stop_grace_period: () => '1m17s',
  replicas: (value) => Number(value) + 2,
  mode: (value) => (value === 'global' ? 'replicated' : value === 'replicated' ? 'global' : undefined),
  cpus: (value) => (typeof value === 'number' ? value / 2 : String(Number(value) / 2)),
  memory: (value) => String(Math.round(Number(value) / 2)),
  interval: () => '47s',
  timeout: () => '17s',
  start_period: () => '2m7s',
  retries: (value) => Number(value) + 4,
  memswap_limit: () => '8589934592',
  parallelism: (value) => Number(value) + 2,
  order: (value) => (value === 'stop-first' ? 'start-first' : 'stop-first'),
}

const TOP = ['networks', 'volumes', 'configs', 'secrets'] as const

/** Names are made by reading the file. */
const topFields = (project: Project): readonly Field[] =>
  TOP.flatMap((section) => {
    const entries = Object.values(entryOf(project, section)).filter(isEntry)
    const keys = new Set(entries.flatMap((entry) => Object.keys(entry)))
    return [...keys]
      .filter((key) => key !== 'name' && !key.startsWith('x-') && entries.some((e) => !isEmpty(e[key])))
      .sort()
      .map((key) => ({ name: `${section}.${key} (top level)`, variants: topVariants(project, section, key) }))
  })

const isEmpty = (value: unknown): boolean => value === undefined || (isEntry(value) && Object.keys(value).length === 0)

/** `driver: local` is what every tool takes for granted. */
const topVariants = (project: Project, section: string, key: string): readonly Project[] => [
  onEveryEntry(project, section, (entry) => without(entry, [key])),
  ...(key === 'driver'
    ? [onEveryEntry(project, section, (entry) => (key in entry ? { ...entry, [key]: 'other' } : entry))]
    : []),
]

const onEveryEntry = (project: Project, section: string, change: (entry: Entry) => Entry): Project => ({
  ...project,
  [section]: Object.fromEntries(
    Object.entries(entryOf(project, section)).map(([name, entry]) => [name, isEntry(entry) ? change(entry) : entry]),
  ),
})

const entryOf = (project: Project, key: string): Entry => {
  const value = project[key]
  return isEntry(value) ? value : {}
}
