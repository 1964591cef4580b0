// The part of a work object that a driver turns into a container or a process.
import type { App, FileMount, FileObject, Mount, Service } from '../../core/model/app.ts'
import { contentHash } from '../../core/model/canonical.ts'
import type { ServiceSpec, TargetSpec } from '../../core/model/native-object.ts'
import { fileObjectName } from './render.ts'
import type { ContainerBody, MountBody } from './spec.ts'
import { BEST_EFFORT_LIMITS, isAccepted } from './verdict-accept.ts'

export const containerBody = (s: ServiceSpec, spec: TargetSpec, driver: 'docker' | 'process'): ContainerBody => {
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
    files: [...fileMounts(service.configs, app.configs, 'config'), ...fileMounts(service.secrets, app.secrets, 'secret')],
    networks: driver === 'process' ? [] : networksOf(service, spec),
    extraHosts: { ...composeHosts(service), ...addressesOf(s.reach) },
    limits: service.limits,
    labels: { ...service.compose.labels, ...restartMarks(service, spec) },
    bestEffortLimits: isAccepted(service, BEST_EFFORT_LIMITS, { target: spec.target.name, field: 'deploy.resources.limits' }),
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

const fileMounts = (mounts: readonly FileMount[], files: readonly FileObject[], kind: 'config' | 'secret'): ContainerBody['files'] =>
  mounts.flatMap(({ source, ...mount }) => {
    const file = files.find((f) => f.key === source)
    return file === undefined || file.external ? [] : [{ object: `${kind}/${fileObjectName(file)}`, ...mount }]
  })

/** Each replica answers to the service's name, its container_name, and the names that `links` of others give it. */
const networksOf = (service: Service, spec: TargetSpec): ContainerBody['networks'] => {
  const linked = spec.app.services.flatMap((s) => Object.entries(s.links).flatMap(([alias, to]) => (to === service.name ? [alias] : [])))
  const own = [service.name, ...(service.compose.container_name === undefined ? [] : [service.compose.container_name]), ...linked]
  return Object.entries(service.networks).map(([key, { aliases }]) => ({
    name: spec.app.networks.find((n) => n.key === key)?.name ?? key,
    aliases: [...new Set([...own, ...aliases])].sort(),
  }))
}

const composeHosts = (service: Service): Readonly<Record<string, string>> =>
  Object.fromEntries((service.compose.extra_hosts ?? []).map((line) => {
    const at = line.search(/[=:]/)
    return [line.slice(0, at), line.slice(at + 1)] as const
  }))

/** 'db.shop.internal:5432' → the host alone: the port is the application's own business. */
const addressesOf = (reach: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(reach).map(([host, address]) => [host, address.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')]))

/** `depends_on: { restart: true }`: a change of the dependency is a change of the dependent. */
const restartMarks = (service: Service, spec: TargetSpec): Readonly<Record<string, string>> =>
  Object.fromEntries(
    service.dependsOn
      .filter((d) => d.restart)
      .flatMap((d) => spec.services.filter((s) => s.service.name === d.service))
      .map((s) => [`stormport.dev/restart-with.${s.service.name}`, contentHash([s.service.environment, s.service.command, s.service.entrypoint, s.image, s.codeHash, s.restarts])]),
  )
