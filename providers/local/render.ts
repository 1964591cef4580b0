// App → objects of a local target. Pure: the same spec gives the same bytes; what a service does not use is not rendered.
import type { App, FileObject, Network, Service, Volume } from '../../core/model/app.ts'
import { contentHash, isSameContent } from '../../core/model/canonical.ts'
import type { Target } from '../../core/model/fleet.ts'
import { runsAsProcess } from '../../core/model/host-process.ts'
import type { NativeObject, ServiceSpec, TargetSpec } from '../../core/model/native-object.ts'
import { Secret } from '../../core/model/secret.ts'
import type { Provider } from '../../core/ports.ts'
import { type ContainerContext, containerBody, linkNames } from './render-container.ts'
import type { FileBody, LocalBody, NetworkBody, VolumeBody, WorkBody } from './spec.ts'

export const render = (target: Target, spec: TargetSpec): readonly NativeObject[] => createRender()(target, spec)

/** Renders target after target; where a service comes out with the same body again, its hash is not reckoned again. */
export const createRender = (): Provider['render'] => {
  const hashOf = rememberedHash()
  return (target, spec) => renderTarget(target, spec, hashOf)
}

type HashOf = (service: Service, body: WorkBody) => string

const rememberedHash = (): HashOf => {
  const last = new WeakMap<Service, { readonly body: WorkBody; readonly hash: string }>()
  return (service, body) => {
    const known = last.get(service)
    if (known !== undefined && isSameContent(known.body, body)) return known.hash
    const hash = contentHash(body)
    last.set(service, { body, hash })
    return hash
  }
}

const renderTarget = (target: Target, spec: TargetSpec, hashOf: HashOf): readonly NativeObject[] => {
  const driverOf = (s: ServiceSpec) => (runsAsProcess(s.service, target, spec.facts) ? 'process' : 'docker')
  const links = linkNames(spec.app)
  const present = new Map(spec.services.map((s) => [s.service.name, s.service]))
  const works = inOrder(spec.services).map(({ spec: s, depth }) =>
    workObject(s, { spec, driver: driverOf(s), links, present, depth, hashOf }),
  )
  const onDocker = spec.services.filter((s) => driverOf(s) === 'docker').map((s) => s.service)
  return [
    ...spec.app.networks.filter((n) => !isUnused(n, onDocker)).map((n) => networkObject(spec.app, n)),
    ...spec.app.volumes.flatMap((v) => volumeObject(spec, v, driverOf)),
    ...fileObjects(spec, 'config'),
    ...fileObjects(spec, 'secret'),
    ...works,
  ]
}

const isUnused = (network: Network, services: readonly Service[]): boolean =>
  !services.some((s) => network.key in s.networks)

interface ObjectParts {
  readonly id: string
  readonly body: LocalBody
  readonly hash?: string
  readonly name: string
  readonly stage: number
  readonly service?: string
  readonly after?: readonly string[]
  readonly guard?: NativeObject['guard']
}

const object = (parts: ObjectParts): NativeObject => ({
  id: parts.id,
  kind: parts.body.kind,
  name: parts.name,
  ...(parts.service === undefined ? {} : { service: parts.service }),
  scope: 'app',
  stage: parts.stage,
  after: parts.after ?? [],
  hash: parts.hash ?? contentHash(parts.body),
  body: parts.body,
  guard: parts.guard ?? 'none',
})

const networkObject = (app: App, network: Network): NativeObject => {
  const body: NetworkBody = {
    kind: 'network',
    app: app.name,
    key: network.key,
    name: network.name,
    external: network.external,
    internal: network.internal,
    compose: network.compose,
  }
  return object({ id: `network/${network.name}`, body, name: network.name, stage: stageOf(network) })
}

/** What must be there already comes first: when it is missing, nothing has been changed yet. */
const stageOf = ({ external }: { readonly external: boolean }): number => (external ? -1 : 0)

const volumeObject = (
  spec: TargetSpec,
  volume: Volume,
  driverOf: (s: ServiceSpec) => 'docker' | 'process',
): readonly NativeObject[] => {
  const users = spec.services.filter((s) =>
    s.service.mounts.some((m) => m.kind === 'volume' && m.volume === volume.key),
  )
  if (users.length === 0) return []
  const drivers = [...new Set(users.map(driverOf))].sort()
  const body: VolumeBody = {
    kind: 'volume',
    app: spec.app.name,
    key: volume.key,
    name: volume.name,
    external: volume.external,
    compose: volume.compose,
    drivers,
  }
  return [
    object({
      id: `volume/${volume.name}`,
      body,
      name: volume.name,
      stage: stageOf(volume),
      guard: volume.external ? 'none' : 'data',
    }),
  ]
}

const fileObjects = (spec: TargetSpec, kind: 'config' | 'secret'): readonly NativeObject[] => {
  const all = kind === 'config' ? spec.app.configs : spec.app.secrets
  const used = new Set(
    spec.services.flatMap((s) => (kind === 'config' ? s.service.configs : s.service.secrets).map((m) => m.source)),
  )
  return all.flatMap((file) => {
    if (file.external || file.content === null || !used.has(file.key)) return []
    const name = fileObjectName(file)
    const body: FileBody = { kind, app: spec.app.name, name, content: file.content }
    return [object({ id: `${kind}/${name}`, body, name, stage: 0 })]
  })
}

/** Immutable by content: another content is another object, and a release that is taken back finds its own. */
export const fileObjectName = (file: FileObject): string => {
  const mark = file.content instanceof Secret ? file.content.ref : contentHash(file.content)
  return `${file.name}-${mark.slice(0, 8)}`
}

interface WorkContext extends ContainerContext {
  /** The services that run on the target. */
  readonly present: ReadonlyMap<string, Service>
  readonly depth: number
  readonly hashOf: HashOf
}

const workObject = (s: ServiceSpec, context: WorkContext): NativeObject => {
  const { app } = context.spec
  const body = workBody(s, context)
  const id = workId(app.name, s.service)
  const files = body.container.files.map((f) => f.object)
  const networks = body.container.networks.map((n) => `network/${n.name}`)
  const volumes = body.container.mounts.flatMap((m) => (m.kind === 'volume' ? [`volume/${m.name}`] : []))
  const before = body.dependsOn.flatMap((d) => {
    const found = context.present.get(d.service)
    return found === undefined ? [] : [workId(app.name, found)]
  })
  return object({
    id,
    body,
    hash: context.hashOf(s.service, body),
    name: s.service.name,
    service: s.service.name,
    stage: 1 + context.depth,
    after: [...new Set([...networks, ...volumes, ...files, ...before])],
  })
}

const workId = (app: string, service: Service): string => `${service.kind}/${app}/${service.name}`

const workBody = (s: ServiceSpec, context: WorkContext): WorkBody => {
  const { service } = s
  return {
    kind: service.kind,
    app: context.spec.app.name,
    service: service.name,
    mode: service.mode,
    replicas: s.count,
    driver: context.driver,
    container: containerBody(s, context),
    placement: {
      requests: service.requests,
      gpu: service.gpu,
      constraints: service.constraints,
      preferences: service.preferences,
      maxPerNode: service.maxReplicasPerNode,
      platforms:
        context.driver === 'process' || service.compose.platform === undefined ? [] : [service.compose.platform],
      priority: service.extension.priority,
      gang: service.extension.gang,
    },
    ports: service.ports,
    expose: service.expose,
    healthcheck: service.healthcheck,
    restart: service.restart,
    update: service.update,
    failureAction: s.failureAction,
    stop: service.stop,
    // A dependency that runs elsewhere cannot be waited for here; the engine says so in a note.
    dependsOn: service.dependsOn.filter((d) => context.present.has(d.service)),
    job: service.kind === 'job' ? jobOf(service, context.spec.release) : null,
    schedule: service.extension.schedule,
    singleton: service.extension.singleton,
    containerName: service.compose.container_name ?? null,
    restarts: s.restarts,
    codeHash: s.codeHash,
  }
}

const jobOf = (service: Service, release: number): WorkBody['job'] => {
  const run = service.extension.job?.run ?? 'onChange'
  return { run, runKey: run === 'always' ? `release ${release}` : null }
}

/** Services with their depth in the dependency graph: what is depended on comes first. A cycle was refused by the loader. */
const inOrder = (
  services: readonly ServiceSpec[],
): readonly { readonly spec: ServiceSpec; readonly depth: number }[] => {
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
  return services
    .map((spec) => ({ spec, depth: depthOf(spec.service.name, new Set()) }))
    .sort((a, b) => a.depth - b.depth || (a.spec.service.name < b.spec.service.name ? -1 : 1))
}
