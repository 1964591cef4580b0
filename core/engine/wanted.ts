// What is wanted, before it is known where: the application, the images it runs, and the counts that people set by hand.
import type { App, Service } from '../model/app.ts'
import { contentHash } from '../model/canonical.ts'
import type { Fleet, Target } from '../model/fleet.ts'
import { runsAsProcess } from '../model/host-process.ts'
import type { ImageFacts, ServiceSpec, TargetSpec } from '../model/native-object.ts'
import type { Head } from '../model/release.ts'
import type { TargetFacts } from '../model/replica.ts'
import { mapSecrets } from '../model/secret-walk.ts'
import type { PlaceResult } from '../place/types.ts'

export interface Wanted {
  readonly app: App
  /**
   * Target → what that target's own record says. Absent: `app` has the values of its secrets. A reference without a value
   * holds under one target's key only.
   */
  readonly recorded?: Readonly<Record<string, Recorded>>
  readonly fleet: Fleet
  /** Service → reference with digest where known. */
  readonly images: Readonly<Record<string, string>>
  /** Service → hash of script and watched files; null where it is no host process. */
  readonly codeHashes: Readonly<Record<string, string | null>>
  /** Image with digest → what it says of itself. Known once, it is known for good: a digest never changes. */
  readonly imageFacts?: Readonly<Record<string, ImageFacts>>
  /** Counts set by `scale`; {} for a deploy: the file wins. */
  readonly scaled: Readonly<Record<string, number>>
  readonly restarts: Readonly<Record<string, number>>
  readonly onFailure: 'rollback' | 'pause' | 'keep' | null
}

export type Recorded = Pick<Wanted, 'app' | 'images' | 'codeHashes' | 'imageFacts'>

export const wantedOn = (wanted: Wanted, target: string): Wanted => ({ ...wanted, ...wanted.recorded?.[target] })

/** The app with every secret under the target's key; without a key the references stay 'new'. */
export const keyedApp = (app: App, keyHex: string | null): App =>
  keyHex === null ? app : mapSecrets(app, (secret) => secret.keyed(keyHex))

export interface SpecInput {
  readonly wanted: Wanted
  readonly target: Target
  readonly facts: TargetFacts
  readonly placement: PlaceResult
  readonly secretKey: string | null
  readonly release: number
}

export const targetSpec = (given: SpecInput): TargetSpec => {
  const input = { ...given, wanted: wantedOn(given.wanted, given.target.name) }
  const app = keyedApp(input.wanted.app, input.secretKey)
  const services = app.services
    .map((service): ServiceSpec => serviceSpec(service, input))
    .filter((s) => s.count > 0 || s.service.mode === 'global')
    .filter((s) => (input.placement.counts[s.service.name]?.[input.target.name] ?? 0) > 0)
  const { facts, release, target, wanted } = input
  const { fleet, imageFacts = {} } = wanted
  return { app, fleet, target, facts, release, services, images: imageFacts }
}

const serviceSpec = (service: Service, input: SpecInput): ServiceSpec => {
  const { wanted, target, placement } = input
  const asProcess = runsAsProcess(service, target, input.facts)
  return {
    service,
    count: placement.counts[service.name]?.[target.name] ?? 0,
    total: Object.values(placement.counts[service.name] ?? {}).reduce((sum, count) => sum + count, 0),
    image: asProcess ? null : (wanted.images[service.name] ?? service.image),
    codeHash: asProcess ? (wanted.codeHashes[service.name] ?? null) : null,
    restarts: wanted.restarts[service.name] ?? 0,
    reach: placement.reach[service.name]?.[target.name] ?? {},
    failureAction: failureAction(service, input),
  }
}

/** DESIGN section 5: the service's own word, else --on-failure, else back to the previous healthy release if there is one. */
const failureAction = (service: Service, input: SpecInput): ServiceSpec['failureAction'] => {
  if (service.update.failureAction !== null) return service.update.failureAction
  if (input.wanted.onFailure !== null) return input.wanted.onFailure === 'keep' ? 'pause' : input.wanted.onFailure
  // The same with and without a release before, so that a second deploy of one file changes nothing: where there is
  // nothing to go back to, the target's controller keeps what it has.
  return 'rollback'
}

/** Equal for equal wishes, by one target's key: positions, file names and the place of the checkout do not count. */
export const specHash = (
  given: Wanted,
  counts: PlaceResult['counts'],
  by: { readonly target: string; readonly secretKey: string | null },
): string => {
  const wanted = wantedOn(given, by.target)
  const app = keyedApp(wanted.app, by.secretKey)
  const services = app.services.map(({ span: _span, spans: _spans, ...rest }) => rest)
  return contentHash({
    name: app.name,
    services,
    networks: app.networks,
    volumes: app.volumes,
    configs: app.configs,
    secrets: app.secrets,
    binds: app.binds,
    images: wanted.images,
    codeHashes: wanted.codeHashes,
    counts,
  })
}

export const restartsOf = (heads: readonly (Head | null)[]): Readonly<Record<string, number>> => {
  const merged: Record<string, number> = {}
  for (const head of heads)
    for (const [service, n] of Object.entries(head?.restarts ?? {})) merged[service] = Math.max(merged[service] ?? 0, n)
  return merged
}

export const scaledOf = (heads: readonly (Head | null)[]): Readonly<Record<string, number>> => {
  const merged: Record<string, number> = {}
  for (const head of heads) for (const [service, s] of Object.entries(head?.scaled ?? {})) merged[service] = s.replicas
  return merged
}
