// Applications, fleets and inputs of place that tests and benchmarks vary: one property each, everything else neutral.
import type { Dependency, Network, Service, ServiceExtension, Volume } from '../../core/model/app.ts'
import type { Capacity } from '../../core/model/resources.ts'
import type { PlaceInput, PlaceTarget } from '../../core/place/types.ts'
import { app, extension, fleet, service, target } from './app.ts'
import { sampleNode } from './schedule.ts'

export interface SampleService extends Partial<Omit<Service, 'extension' | 'dependsOn' | 'networks' | 'mounts'>> {
  readonly extension?: Partial<Omit<ServiceExtension, 'place'>>
  readonly place?: Partial<ServiceExtension['place']>
  /** Services that it depends on. */
  readonly needs?: readonly string[]
  readonly dependsOn?: readonly Dependency[]
  readonly networks?: readonly string[]
  readonly volumes?: readonly string[]
}

const neutral = extension({ capacity: [] })

export const sampleService = (name: string, over: SampleService = {}): Service => {
  const { extension: extra, place, needs = [], dependsOn = [], networks = ['default'], volumes = [], ...rest } = over
  return service(name, {
    dependsOn: [...needs.map(requires), ...dependsOn],
    mounts: volumes.map(mountOf),
    networks: Object.fromEntries(networks.map((key) => [key, { aliases: [] }])),
    extension: { ...neutral, ...extra, place: { ...neutral.place, ...place } },
    ...rest,
  })
}

const requires = (name: string): Dependency => ({
  service: name,
  condition: 'service_started',
  required: true,
  restart: false,
})

const mountOf = (volume: string): Service['mounts'][number] => ({
  kind: 'volume',
  volume,
  target: `/${volume}`,
  readOnly: false,
  nocopy: false,
  subpath: null,
})

const sampleApp = (services: readonly Service[]): PlaceInput['app'] =>
  app(services, {
    networks: [...new Set(services.flatMap((s) => Object.keys(s.networks)))].map(sampleNetwork),
    volumes: [...new Set(services.flatMap(volumeKeys))].map((key) => sampleVolume(key)),
  })

const volumeKeys = (of: Service): readonly string[] =>
  of.mounts.flatMap((mount) => (mount.kind === 'volume' ? [mount.volume] : []))

const sampleNetwork = (key: string): Network => ({
  key,
  name: `shop_${key}`,
  external: false,
  internal: false,
  isDefault: key === 'default',
  compose: {},
})

export const sampleVolume = (key: string, external = false): Volume => ({
  key,
  name: `shop_${key}`,
  external,
  sizeBytes: null,
  class: null,
  compose: {},
})

export const unknownCapacity: Capacity = { kind: 'unknown', because: 'no right to read nodes' }

/** One node with room for so many replicas of 100 millicores. */
export const roomFor = (replicas: number): Capacity => ({
  kind: 'known',
  nodes: [sampleNode('n1', { free: { cpuMillis: replicas * 100, memoryBytes: 64 * 2 ** 30 } })],
})

export const samplePlaceTarget = (name: string, over: Partial<PlaceTarget> = {}): PlaceTarget => ({
  name,
  reachable: true,
  capacity: unknownCapacity,
  current: {},
  volumes: [],
  refuses: {},
  ...over,
})

export const samplePlaceInput = (
  services: readonly Service[],
  targets: readonly PlaceTarget[],
  over: Partial<PlaceInput> = {},
): PlaceInput => ({
  app: sampleApp(services),
  fleet: fleet(targets.map(({ name }) => target(name))),
  targets,
  assignment: null,
  scaled: {},
  rebalance: false,
  seed: 1,
  ...over,
})
