// Who must run beside whom (DESIGN section 1, "Belonging together"): required depends_on, links, members of a declared
// network, place.with, and services that the environment names as a host. `reach` cuts a peer; one-shots are never peers.
import type { App, Service } from '../model/app.ts'
import type { Member } from './member.ts'

export interface Peers {
  /** Peers that must be where the service is, by service. */
  readonly needs: ReadonlyMap<string, readonly string[]>
  /** Declared networks of which all members are its peers, by service (members listed once, by network). */
  readonly networks: ReadonlyMap<string, readonly string[]>
  readonly membersOf: ReadonlyMap<string, readonly string[]>
}

export const findPeers = (app: App, members: readonly Member[]): Peers => {
  const peerable = new Map(members.filter((m) => !m.oneShot && m.wanted > 0).map((m) => [m.name, m.service]))
  const membersOf = declaredNetworks(app, peerable)
  const needs = new Map<string, readonly string[]>()
  const networks = new Map<string, readonly string[]>()
  for (const { name, service, wanted } of members) {
    if (wanted === 0) continue
    const joined = Object.keys(service.networks).filter((key) => membersOf.has(key))
    const cuts = Object.keys(service.extension.reach).length > 0
    // With a cut the network is no longer all or nothing for this service: its other members are listed one by one.
    const listed = cuts ? joined.flatMap((key) => membersOf.get(key) ?? []) : []
    const direct = new Set([...directPeers(service), ...listed])
    direct.delete(name)
    needs.set(
      name,
      [...direct].filter((peer) => isPeer(service, peerable.get(peer))),
    )
    networks.set(name, cuts || !peerable.has(name) ? [] : joined)
  }
  return { needs, networks, membersOf }
}

/** Which service of the app a `reach` host stands for. */
export const reachedService = (app: App, service: Service, host: string): string | undefined =>
  service.links[host] ?? app.services.find((other) => namesOf(other).has(host))?.name

const isPeer = (service: Service, peer: Service | undefined): boolean => {
  if (peer === undefined) return false
  const names = namesOf(peer)
  return !Object.keys(service.extension.reach).some((host) => names.has(host) || service.links[host] === peer.name)
}

const directPeers = (service: Service): readonly string[] => [
  ...service.dependsOn.filter((dependency) => dependency.required).map((dependency) => dependency.service),
  ...Object.values(service.links),
  ...service.extension.place.with,
  ...service.mentions,
]

const namesOf = (service: Service): ReadonlySet<string> =>
  new Set([
    service.name,
    ...[service.compose.container_name, service.compose.hostname].flatMap((name) =>
      typeof name === 'string' ? [name] : [],
    ),
    ...Object.values(service.networks).flatMap((network) => network.aliases),
  ])

const declaredNetworks = (app: App, peerable: ReadonlyMap<string, Service>): ReadonlyMap<string, readonly string[]> => {
  const declared = app.networks.filter((network) => !network.isDefault)
  const members = declared.map(
    ({ key }) => [key, [...peerable.values()].filter((s) => key in s.networks).map((s) => s.name)] as const,
  )
  return new Map(members.filter(([, names]) => names.length > 1))
}
