// The part of a work object that a driver turns into a container or a process.
import type { App, FileMount, FileObject, Mount, Service } from '../../core/model/app.ts'
import { contentHash } from '../../core/model/canonical.ts'
import type { ServiceSpec, TargetSpec } from '../../core/model/native-object.ts'
import { isAccepted } from '../../core/model/service-field.ts'
import { fileObjectName } from './render.ts'
import type { ContainerBody, MountBody } from './spec.ts'
import { BEST_EFFORT_LIMITS } from './verdict-accept.ts'

export interface ContainerContext {
  readonly spec: TargetSpec
  readonly driver: 'docker' | 'process'
  /** Service → the names that `links` of other services give it (`linkNames`). */
  readonly links: ReadonlyMap<string, readonly string[]>
}

export const containerBody = (s: ServiceSpec, { spec, driver, links }: ContainerContext): ContainerBody => {
  const { service } = s
  const { app } = spec
  return {
    image: driver === 'process' ? null : s.image,
    pullPolicy: pullPolicy(service),
    command: service.command,
    entrypoint: service.entrypoint,
    environment: service.environment,
    workingDir: service.compose.working_dir ?? null,
    mounts: service.mounts.flatMap((m) => mountBody(m, app)),
    files: [
      ...fileMounts(service.configs, app.configs, 'config'),
      ...fileMounts(service.secrets, app.secrets, 'secret'),
    ],
    networks: driver === 'process' ? [] : networksOf(service, app, links),
    extraHosts: { ...composeHosts(service), ...addressesOf(s.reach) },
    limits: service.limits,
    labels: { ...service.compose.labels, ...restartMarks(service, spec) },
    bestEffortLimits: isAccepted(service, BEST_EFFORT_LIMITS, {
      target: spec.target.name,
      field: 'deploy.resources.limits',
    }),
    compose: service.compose,
  }
}

const pullPolicy = (service: Service): ContainerBody['pullPolicy'] => {
  const written = service.compose.pull_policy
  if (written === 'always' || written === 'never') return written
  return 'missing'
}

const mountBody = (mount: Mount, app: App): readonly MountBody[] => {
  switch (mount.kind) {
    case 'volume': {
      const { volume, kind: _kind, ...rest } = mount
      const name = app.volumes.find((v) => v.key === volume)?.name ?? volume
      return [{ kind: 'volume', name, ...rest }]
    }
    case 'anonymous':
    case 'bind':
    case 'tmpfs':
      return [mount]
    case 'other':
      return []
    default:
      return mount satisfies never
  }
}

const fileMounts = (
  mounts: readonly FileMount[],
  files: readonly FileObject[],
  kind: 'config' | 'secret',
): ContainerBody['files'] =>
  mounts.flatMap(({ source, ...mount }) => {
    const file = files.find((f) => f.key === source)
    return file === undefined || file.external ? [] : [{ object: `${kind}/${fileObjectName(file)}`, ...mount }]
  })

/** Made once a target: looking through all services for each of them is too slow for large applications. */
export const linkNames = (app: App): ReadonlyMap<string, readonly string[]> => {
  const names = new Map<string, string[]>()
  for (const service of app.services)
    for (const [alias, to] of Object.entries(service.links)) names.set(to, [...(names.get(to) ?? []), alias])
  return names
}

/** Each replica answers to the service's name, its container_name, and the names that `links` of others give it. */
const networksOf = (service: Service, app: App, links: ContainerContext['links']): ContainerBody['networks'] => {
  const container = service.compose.container_name
  const own = [service.name, ...(container === undefined ? [] : [container]), ...(links.get(service.name) ?? [])]
  return Object.entries(service.networks).map(([key, { aliases }]) => ({
    name: app.networks.find((n) => n.key === key)?.name ?? key,
    aliases: [...new Set([...own, ...aliases])].sort(),
  }))
}

const composeHosts = (service: Service): Readonly<Record<string, string>> =>
  Object.fromEntries(
    (service.compose.extra_hosts ?? []).map((line) => {
      const at = line.search(/[=:]/)
      return [line.slice(0, at), line.slice(at + 1)] as const
    }),
  )

/** 'db.shop.internal:5432' → the host alone: the port is the application's own business. */
const addressesOf = (reach: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(reach).map(([host, address]) => [host, address.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')]),
  )

/** `depends_on: { restart: true }`: a change of the dependency is a change of the dependent. */
const restartMarks = (service: Service, spec: TargetSpec): Readonly<Record<string, string>> =>
  Object.fromEntries(
    service.dependsOn
      .filter((d) => d.restart)
      .flatMap((d) => spec.services.filter((s) => s.service.name === d.service))
      .map((s) => [
        `stormport.dev/restart-with.${s.service.name}`,
        contentHash([s.service.environment, s.service.command, s.service.entrypoint, s.image, s.codeHash, s.restarts]),
      ]),
  )
