// Which services an environment names as a host. Such a service is a peer (DESIGN section 1, Belonging together), so a
// false hit ties services together without need: a bare word counts only under a key that speaks of a host.
import type { ComposeProject, ComposeService } from '../model/compose.ts'

export interface Mention {
  readonly service: string
  /** The environment key that names it. */
  readonly key: string
}

const HOST_KEY =
  /(?:HOST|HOSTS|HOSTNAME|SERVER|SERVERS|ADDR|ADDRESS|ENDPOINT|ENDPOINTS|URL|URI|BROKER|BROKERS|UPSTREAM|BACKEND|NODES|SEEDS|PEERS|PROXY)$/i
const NOT_A_HOST_KEY = /IMAGE|VERSION|MAIL|(?:^|_)TAGS?$/i
const URL_AUTHORITY = /[a-z][a-z0-9+.-]*:\/\/([^\s/?#"'<>]+)/gi
const PARAMETER = /(?:^|[\s;&?])(?:host|server|data source|addr)=([^\s;&]+)/gi
const AT_HOST = /@(?:tcp\()?([a-z0-9._-]+)/gi

/** Answers for each service the first mention of every other one, in the order of the environment. */
export const mentionFinder = (project: ComposeProject): ((name: string) => readonly Mention[]) => {
  const owners = hostOwners(project)
  return (name) => {
    const found = new Map<string, string>()
    for (const [key, value] of Object.entries(project.services[name]?.environment ?? {})) {
      if (value === null || NOT_A_HOST_KEY.test(key)) continue
      for (const host of hostsIn(key, String(value))) {
        const service = owners.get(host.toLowerCase())
        if (service !== undefined && service !== name && !found.has(service)) found.set(service, key)
      }
    }
    return [...found].map(([service, key]) => ({ service, key }))
  }
}

/** Candidates for hosts in one value. */
const hostsIn = (key: string, value: string): readonly string[] => {
  const hosts: string[] = []
  for (const [, authority] of value.matchAll(URL_AUTHORITY))
    hosts.push(...(authority ?? '').split(',').map(withoutPort))
  for (const [, host] of value.matchAll(PARAMETER)) hosts.push(withoutPort(host ?? ''))
  for (const [, host] of value.matchAll(AT_HOST)) hosts.push(host ?? '')
  for (const word of value.split(/[\s,;]+/)) {
    const [host, port] = word.split(':')
    if (host === undefined || host === '') continue
    if (port === undefined ? HOST_KEY.test(key) : isPort(port.split('/')[0] ?? '')) hosts.push(host)
  }
  return hosts
}

const withoutPort = (authority: string): string => (authority.split('@').at(-1) ?? '').replace(/:\d+$/, '')

/** Two digits may be a version ('redis:7', 'postgres:16'), except for the well-known 80 and 25. */
const isPort = (text: string): boolean => /^\d{3,5}$/.test(text) || text === '80' || text === '25'

/** Every name by which a service answers → the service. */
const hostOwners = (project: ComposeProject): ReadonlyMap<string, string> => {
  const owners = new Map<string, string>()
  for (const [name, service] of Object.entries(project.services))
    for (const alias of aliasesOf(service)) owners.set(alias.toLowerCase(), name)
  for (const name of Object.keys(project.services)) owners.set(name.toLowerCase(), name)
  return owners
}

const aliasesOf = (service: ComposeService): readonly string[] => [
  ...(service.container_name === undefined ? [] : [service.container_name]),
  ...(service.hostname === undefined ? [] : [service.hostname]),
  ...Object.values(service.networks ?? {}).flatMap((network) => network?.aliases ?? []),
]
