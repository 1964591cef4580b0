// What all parts of a render share, made once: names, facts and who uses what.
import type { App, Service, Volume } from '../../../core/model/app.ts'
import type { Target } from '../../../core/model/fleet.ts'
import type { ServiceSpec, TargetSpec } from '../../../core/model/native-object.ts'
import { type KubernetesFacts, minorOf, readKubernetesFacts } from '../facts.ts'
import { applySetId, dnsName, namespaceOf } from '../names.ts'
import { type ClusterSettings, readSettings } from '../settings.ts'
import { aliasTable } from './aliases.ts'

export interface RenderContext {
  readonly target: Target
  readonly spec: TargetSpec
  readonly facts: KubernetesFacts
  readonly settings: ClusterSettings
  readonly namespace: string
  /** Id of the ApplySet that every object is a member of. */
  readonly applySet: string
  /** Name on the cluster → services of the app that are called so: more than one is a clash. */
  readonly owners: ReadonlyMap<string, readonly string[]>
  /** 36 for Kubernetes 1.36. */
  readonly minor: number
  /** Depth in the graph of depends_on: what is depended on comes first. */
  readonly depths: ReadonlyMap<string, number>
  readonly volumes: ReadonlyMap<string, VolumeUse>
  /** Further names by which services are called → the services that answer (aliases.ts). */
  readonly aliases: ReadonlyMap<string, readonly string[]>
  /** Services of this target by name. */
  readonly byName: ReadonlyMap<string, ServiceSpec>
}

export interface VolumeUse {
  readonly volume: Volume
  /** Pods that mount it here. */
  readonly pods: number
  readonly writers: boolean
}

export const renderContext = (target: Target, spec: TargetSpec): RenderContext => ({
  target,
  spec,
  facts: factsOf(spec),
  settings: readSettings(target),
  namespace: namespaceOf(target, spec.app.name),
  applySet: applySetId(namespaceOf(target, spec.app.name)),
  owners: ownersOf(spec.app),
  minor: minorOf(spec.facts.version),
  depths: depthsOf(spec.services),
  volumes: volumeUses(spec.app, spec.services),
  aliases: aliasTable(spec),
  byName: new Map(spec.services.map((s) => [s.service.name, s])),
})

/** What images say of themselves comes with the spec; a stand-in for it may lie in the facts. */
const factsOf = (spec: TargetSpec): KubernetesFacts => {
  const facts = readKubernetesFacts(spec.facts)
  return { ...facts, images: { ...facts.images, ...spec.images } }
}

/** The name of every object that belongs to one service. */
export const nameOf = (service: Service | string): string =>
  dnsName(typeof service === 'string' ? service : service.name)

const ownersOf = (app: App): ReadonlyMap<string, readonly string[]> => {
  const owners = new Map<string, string[]>()
  for (const { name } of app.services) {
    const known = owners.get(dnsName(name))
    if (known === undefined) owners.set(dnsName(name), [name])
    else known.push(name)
  }
  return owners
}

/** A cycle was refused by the loader. */
const depthsOf = (services: readonly ServiceSpec[]): ReadonlyMap<string, number> => {
  const byName = new Map(services.map((s) => [s.service.name, s]))
  const depths = new Map<string, number>()
  const depthOf = (name: string, path: ReadonlySet<string>): number => {
    const known = depths.get(name)
    if (known !== undefined) return known
    const found = byName.get(name)
    if (found === undefined || path.has(name)) return -1
    const inner = found.service.dependsOn.map((d) => depthOf(d.service, new Set([...path, name])))
    const depth = 1 + Math.max(-1, ...inner)
    depths.set(name, depth)
    return depth
  }
  for (const s of services) depthOf(s.service.name, new Set())
  return depths
}

const volumeUses = (app: App, services: readonly ServiceSpec[]): ReadonlyMap<string, VolumeUse> => {
  const uses = new Map<string, VolumeUse>()
  for (const volume of app.volumes) {
    const users = services.flatMap((s) =>
      s.service.mounts.flatMap((m) => (m.kind === 'volume' && m.volume === volume.key ? [{ s, m }] : [])),
    )
    if (users.length === 0) continue
    const pods = [...new Set(users.map((u) => u.s))].reduce((sum, s) => sum + podsOf(s), 0)
    uses.set(volume.key, { volume, pods, writers: users.some((u) => !u.m.readOnly) })
  }
  return uses
}

/** At least so many pods of the service can be there at once. */
const podsOf = ({ service, count }: ServiceSpec): number =>
  service.mode === 'global' ? 2 : Math.max(count, service.extension.autoscale?.max ?? 0)
