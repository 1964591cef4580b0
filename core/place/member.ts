// A service as placement reads it: how many replicas, on one target, shared over several or on each, and what it needs to
// have beside it.
import type { App, Service } from '../model/app.ts'
import { type ReplicaClass, serviceClass } from '../schedule/index.ts'
import type { PlaceInput } from './types.ts'

/** shared: replicas are the sum over targets. single: all on exactly one. every: a count of its own on each target. */
export type Scope = 'shared' | 'single' | 'every'

export interface Member {
  readonly name: string
  readonly service: Service
  readonly scope: Scope
  /** shared, single: in total. every: on each target. */
  readonly wanted: number
  /** One per eligible node; `wanted` is 1 where they cannot be counted. */
  readonly perNode: boolean
  /** every: only where something needs it (or, for jobs, waits for it). */
  readonly whereNeeded: boolean
  readonly oneShot: boolean
  /** Keys of its named volumes that must not be in two places. */
  readonly volumes: readonly string[]
  /** Without gang: place counts all or none over all targets itself. */
  readonly cls: ReplicaClass
  /** Read by strategies: 0 and more. */
  readonly minPerTarget: number
}

export const buildMembers = (input: PlaceInput): readonly Member[] =>
  input.app.services.map((service) => member(service, input))

const member = (service: Service, input: PlaceInput): Member => {
  const each = service.extension.place.each
  const oneShot = service.kind !== 'service'
  const jobEach = service.kind === 'job' && service.extension.job?.targets === 'each'
  const volumes = each === null && !jobEach ? ownVolumes(input.app, service) : []
  const perNode = service.mode === 'global'
  const every = each !== null || jobEach
  const single = !every && (volumes.length > 0 || service.extension.singleton || oneShot)
  return {
    name: service.name,
    service,
    scope: every || (perNode && !single) ? 'every' : single ? 'single' : 'shared',
    wanted: perNode ? 1 : (each ?? wantedReplicas(service, input)),
    perNode,
    whereNeeded: every,
    oneShot,
    volumes,
    cls: { ...serviceClass(input.app, service), gang: false },
    minPerTarget: service.extension.place.minPerTarget,
  }
}

/** A manual count wins over the file's. What an autoscaler has set stays, inside its bounds. */
const wantedReplicas = (service: Service, input: PlaceInput): number => {
  const asked = input.scaled[service.name] ?? service.replicas
  const autoscale = service.extension.autoscale
  if (autoscale === null || service.kind !== 'service') return Math.max(0, asked)
  const running = input.targets.reduce((sum, target) => sum + (target.current[service.name] ?? 0), 0)
  return Math.min(
    autoscale.max,
    Math.max(autoscale.min, input.scaled[service.name] ?? 0, running > 0 ? running : asked),
  )
}

/** Volumes that are ours and named: the data of an external volume is somebody else's to move. */
const ownVolumes = (app: App, service: Service): readonly string[] => {
  const external = new Set(app.volumes.filter((volume) => volume.external).map((volume) => volume.key))
  const keys = service.mounts.flatMap((mount) =>
    mount.kind === 'volume' && !external.has(mount.volume) ? [mount.volume] : [],
  )
  return [...new Set(keys)]
}

/** Named volumes of a service that runs on several targets: each target gets its own. */
export const separateVolumes = (app: App, { service, scope }: Member): readonly string[] =>
  scope === 'every' ? ownVolumes(app, service) : []
