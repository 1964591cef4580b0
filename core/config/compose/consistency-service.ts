// The checks of one service.
import type { ConfigCode } from '../../model/codes/config.ts'
import { didYouMean } from '../suggest.ts'
import type { Project } from './consistency.ts'
import { cut } from './go-text.ts'
import { checkLegacyLimits } from './legacy-limits.ts'
import { isMap, isText, listAt, type MapNode, mapAt, markOf, type Node, textAt } from './node.ts'

export interface Said {
  readonly message: string
  readonly hint: string | undefined
}

export interface Subject {
  readonly project: Project
  readonly name: string
  readonly service: MapNode
  /** Reports at a node of the service. */
  readonly fail: (at: Node, code: ConfigCode, said: string | Said) => void
}

export const checkService = (project: Project, name: string, service: MapNode): void => {
  const fail: Subject['fail'] = (at, code, said) => {
    const { message, hint } = typeof said === 'string' ? { message: said, hint: undefined } : said
    project.findings.error(code, message, { at: markOf(at), hint, service: name })
  }
  const subject: Subject = { project, name, service, fail }
  checkSource(subject)
  checkBuild(subject)
  checkNetworks(subject)
  checkHealth(subject)
  checkDependencies(subject)
  checkReferences(subject)
  checkLegacyLimits(subject)
  checkReplicas(subject)
  checkWatch(subject)
  checkMounts(subject)
}

const checkSource = ({ project, name, service, fail }: Subject): void => {
  const given = ['build', 'image', 'provider'].some((key) => service.entries.has(key))
  // A misspelled image was reported already.
  if (given || project.damaged.has(name)) return
  const key = { ...service, at: service.keyAt ?? service.at }
  fail(key, 'SP1110', { message: `service ${name} has neither image nor build`, hint: 'add image: or build:' })
}

const checkBuild = (subject: Subject): void => {
  const { service, fail, name } = subject
  const build = mapAt(service, 'build')
  if (build === undefined) return
  const inline = build.entries.get('dockerfile_inline')
  if (inline !== undefined && build.entries.has('dockerfile')) {
    fail(inline, 'SP1112', `service ${name}: dockerfile and dockerfile_inline exclude each other`)
  }
  for (const [key, value] of mapAt(build, 'additional_contexts')?.entries ?? []) checkContext(subject, key, value)
  const platform = textAt(service, 'platform')
  const platforms = listAt(build, 'platforms')
  if (platform === undefined || platforms === undefined) return
  if (platforms.items.some((item) => isText(item) && item.value === platform)) return
  fail(platforms, 'SP1104', `service ${name}: build.platforms must include its platform`)
}

const checkContext = ({ project, name, fail }: Subject, key: string, value: Node): void => {
  if (!isText(value) || !value.value.startsWith('service:')) return
  const target = value.value.slice('service:'.length)
  const other = project.services.entries.get(target) ?? project.disabled.entries.get(target)
  if (other === undefined)
    fail(value, 'SP1111', `service ${name} builds with ${key} from ${target}, which is not defined`)
  else if (!isMap(other) || !other.entries.has('build')) {
    fail(value, 'SP1111', `service ${name} builds with ${key} from ${target}, which has no build`)
  }
}

const checkNetworks = (subject: Subject): void => {
  const { project, name, service, fail } = subject
  const networks = mapAt(service, 'networks')
  const mode = service.entries.get('network_mode')
  if (mode !== undefined && networks !== undefined && networks.entries.size > 0) {
    fail(mode, 'SP1112', `service ${name}: network_mode and networks exclude each other`)
  }
  const known = namesOf(project, 'networks')
  for (const [network, value] of networks?.entries ?? []) {
    if (!known.includes(network)) undefinedName(subject, value, { kind: 'network', name: network, known })
  }
  if (!isText(mode) || !mode.value.startsWith('service:')) return
  const target = mode.value.slice('service:'.length)
  if (!project.services.entries.has(target)) {
    fail(mode, 'SP1111', `service ${name} shares the network of ${target}, which is not defined or not active`)
  }
}

const namesOf = (project: Project, section: string): readonly string[] => [
  ...(mapAt(project.root, section)?.entries.keys() ?? []),
]

interface Reference {
  readonly kind: string
  readonly name: string
  readonly known: readonly string[]
}

const undefinedName = ({ name, fail }: Subject, at: Node, reference: Reference): void => {
  if (at.origin !== undefined) {
    fail(at, 'SP1111', `service ${name} refers to an undefined ${reference.kind}, named by a variable`)
    return
  }
  const hint = didYouMean(reference.name, reference.known) ?? `define ${reference.name} under ${reference.kind}s:`
  fail(at, 'SP1111', { message: `service ${name} refers to undefined ${reference.kind} ${reference.name}`, hint })
}

const checkHealth = ({ name, service, fail }: Subject): void => {
  const test = listAt(mapAt(service, 'healthcheck'), 'test')
  const first = test?.items[0]
  if (!isText(first) || ['CMD', 'CMD-SHELL', 'NONE'].includes(first.value)) return
  fail(first, 'SP1104', `service ${name}: healthcheck.test must start with CMD, CMD-SHELL or NONE`)
}

const checkDependencies = ({ project, name, service, fail }: Subject): void => {
  for (const [target, how] of mapAt(service, 'depends_on')?.entries ?? []) {
    if (project.services.entries.has(target)) continue
    // Required ones that are not active are reported with the circles.
    if (project.disabled.entries.has(target)) continue
    if (project.jobs.entries.has(target)) {
      fail(how, 'SP1111', `service ${name} depends on job ${target}; services depend on services only`)
    } else {
      const hint = didYouMean(target, [...project.services.entries.keys()])
      fail(how, 'SP1111', { message: `service ${name} depends on undefined service ${target}`, hint })
    }
  }
}

const checkReferences = (subject: Subject): void => {
  const { project, service } = subject
  const volumes = namesOf(project, 'volumes')
  for (const volume of listAt(service, 'volumes')?.items ?? []) {
    const source = textAt(volume, 'source')
    if (textAt(volume, 'type') !== 'volume' || source === undefined || volumes.includes(source)) continue
    const at = isMap(volume) ? (volume.entries.get('source') ?? volume) : volume
    undefinedName(subject, at, { kind: 'volume', name: source, known: volumes })
  }
  checkFiles(subject, 'config', listAt(service, 'configs')?.items ?? [])
  checkFiles(subject, 'secret', listAt(service, 'secrets')?.items ?? [])
  checkFiles(subject, 'secret', listAt(mapAt(service, 'build'), 'secrets')?.items ?? [])
  const models = namesOf(project, 'models')
  for (const [model, value] of mapAt(service, 'models')?.entries ?? []) {
    if (!models.includes(model)) undefinedName(subject, value, { kind: 'model', name: model, known: models })
  }
}

const checkFiles = (subject: Subject, kind: 'config' | 'secret', mounts: readonly Node[]): void => {
  const known = namesOf(subject.project, `${kind}s`)
  for (const mount of mounts) {
    const source = textAt(mount, 'source') ?? ''
    const at = isMap(mount) ? (mount.entries.get('source') ?? mount) : mount
    if (!known.includes(source)) undefinedName(subject, at, { kind, name: source, known })
  }
}

const intAt = (node: Node | undefined, key: string): number | undefined => {
  const value = isMap(node) ? node.entries.get(key) : undefined
  return value?.kind === 'int' ? Number(value.value) : undefined
}

const checkReplicas = ({ name, service, fail }: Subject): void => {
  const deploy = mapAt(service, 'deploy')
  const scale = intAt(service, 'scale')
  const replicas = intAt(deploy, 'replicas')
  const at = service.entries.get('scale') ?? deploy?.entries.get('replicas') ?? service
  if (scale !== undefined && replicas !== undefined && scale !== replicas) {
    fail(at, 'SP1112', `service ${name}: scale and deploy.replicas differ`)
  }
  const wanted = scale ?? replicas ?? 1
  if (wanted < 0) fail(at, 'SP1104', `service ${name}: the number of replicas must not be negative`)
  const container = service.entries.get('container_name')
  if (wanted > 1 && container !== undefined) {
    fail(container, 'SP1112', `service ${name}: container_name and ${wanted} replicas exclude each other`)
  }
  const given = service.entries.get('scale')
  if (deploy !== undefined && given !== undefined) deploy.entries.set('replicas', given)
}

const checkWatch = ({ name, service, fail }: Subject): void => {
  for (const watch of listAt(mapAt(service, 'develop'), 'watch')?.items ?? []) {
    const action = textAt(watch, 'action')
    if (textAt(watch, 'target') !== undefined || action === 'rebuild' || action === 'restart') continue
    fail(watch, 'SP1103', `service ${name}: develop.watch needs a target for the action ${action}`)
  }
}

const checkMounts = ({ name, service, fail }: Subject): void => {
  const targets = new Set<string>()
  const mount = (target: string, at: Node): void => {
    if (targets.has(target))
      fail(
        at,
        'SP1115',
        at.origin === undefined
          ? `service ${name}: ${target} is mounted twice`
          : `service ${name}: a path is mounted twice`,
      )
    targets.add(target)
  }
  for (const item of listAt(service, 'tmpfs')?.items ?? []) if (isText(item)) mount(cut(item.value, ':')[0], item)
  for (const item of listAt(service, 'volumes')?.items ?? []) mount(textAt(item, 'target') ?? '', item)
}
