// What a merged project means without saying it: the default network, the names of volumes and networks, the build's
// Dockerfile, the services that links and shared namespaces wait for.

import { own } from './environment.ts'
import type { Findings } from './findings.ts'
import { cleanPath, printed } from './go-text.ts'
import { merge } from './merge.ts'
import { bool, clone, isMap, isText, type MapNode, map, type Node, nothing, text } from './node.ts'
import { containerKeys } from './schema-container.ts'
import type { Environment } from './session.ts'

export const normalize = (model: MapNode, env: Environment, findings: Findings): void => {
  normalizeNetworks(model)
  for (const section of ['services', 'jobs']) {
    const containers = model.entries.get(section)
    if (!isMap(containers)) continue
    for (const container of containers.entries.values())
      if (isMap(container)) normalizeContainer(container, env, findings)
  }
  nameResources(model)
}

const normalizeContainer = (container: MapNode, env: Environment, findings: Findings): void => {
  const policy = container.entries.get('pull_policy')
  if (isText(policy) && policy.value === 'if_not_present') container.entries.set('pull_policy', text('missing', policy))
  normalizeBuild(container, env)
  const environment = container.entries.get('environment')
  if (environment !== undefined) container.entries.set('environment', resolveVariables(environment, env, true))
  addDependencies(container)
  cleanTargets(container)
  completeHooks(container, findings)
}

const normalizeBuild = (container: MapNode, env: Environment): void => {
  const build = container.entries.get('build')
  if (!isMap(build)) return
  if (!build.entries.has('context')) build.entries.set('context', text('.', build))
  if (!build.entries.has('dockerfile') && !build.entries.has('dockerfile_inline')) {
    build.entries.set('dockerfile', text('Dockerfile', build))
  }
  const args = build.entries.get('args')
  if (args !== undefined) build.entries.set('args', resolveVariables(args, env, false))
}

/** Names without a value take it from the project's variables; what has none stays or goes. */
const resolveVariables = (node: Node, env: Environment, keepEmpty: boolean): Node => {
  if (node.kind === 'map') {
    const entries = [...node.entries].flatMap(([key, value]) => {
      const found = value.kind === 'null' ? own(env, key) : undefined
      if (value.kind !== 'null') return [[key, value] as const]
      if (found !== undefined) return [[key, fromEnvironment(found, key, value)] as const]
      return keepEmpty ? [[key, value] as const] : []
    })
    return map(entries, node)
  }
  if (node.kind !== 'list') return node
  const items = node.items.flatMap((item) => {
    if (!isText(item) || item.value.includes('=')) return [item]
    const found = own(env, item.value)
    if (found !== undefined) return [fromEnvironment(`${item.value}=${found}`, item.value, item)]
    return keepEmpty ? [item] : []
  })
  return { ...node, items }
}

const fromEnvironment = (value: string, variable: string, node: Node): Node => ({
  ...text(value, node),
  origin: { kind: 'environment', variable },
})

const NAMESPACES = ['network_mode', 'ipc', 'pid', 'uts', 'cgroup']

const addDependencies = (container: MapNode): void => {
  const given = container.entries.get('depends_on')
  const dependsOn = isMap(given) ? given : map([], container)
  const wait = (service: string, restart: boolean, from: Node): void => {
    if (!dependsOn.entries.has(service)) dependsOn.entries.set(service, dependency(restart, from))
  }
  for (const link of listed(container, 'links')) {
    const parts = printed(link).split(':')
    wait(parts.length === 2 ? (parts[0] ?? '') : printed(link), true, link)
  }
  for (const key of NAMESPACES) {
    const shared = container.entries.get(key)
    if (isText(shared) && shared.value.startsWith('service:')) wait(shared.value.slice('service:'.length), true, shared)
  }
  for (const from of listed(container, 'volumes_from')) {
    const value = printed(from)
    if (!value.startsWith('container:')) wait(value.split(':')[0] ?? '', false, from)
  }
  if (dependsOn.entries.size > 0) container.entries.set('depends_on', dependsOn)
}

const listed = (container: MapNode, key: string): readonly Node[] => {
  const value = container.entries.get(key)
  return value?.kind === 'list' ? value.items : []
}

const dependency = (restart: boolean, from: Node): MapNode =>
  map(
    [
      ['condition', text('service_started', from)],
      ['restart', bool(restart, from)],
      ['required', bool(true, from)],
    ],
    from,
  )

const cleanTargets = (container: MapNode): void => {
  for (const volume of listed(container, 'volumes')) {
    const target = isMap(volume) ? volume.entries.get('target') : undefined
    if (isMap(volume) && isText(target)) volume.entries.set('target', text(cleanPath(target.value), target))
  }
}

const INHERITED = new Set([...Object.keys(containerKeys), 'log_driver', 'log_opt', 'volume_driver'])

/** A hook is a container that starts from its service's. */
const completeHooks = (container: MapNode, findings: Findings): void => {
  const hooks = container.entries.get('pre_start')
  if (hooks?.kind !== 'list') return
  const inherited = [...container.entries].filter(([key]) => key !== 'volumes' && INHERITED.has(key))
  const items = hooks.items.map((hook) =>
    isMap(hook) ? merge(clone(map(inherited, container)), hook, { path: ['services', 'hook'], findings }) : hook,
  )
  hooks.items.splice(0, hooks.items.length, ...items)
}

const normalizeNetworks = (model: MapNode): void => {
  const given = model.entries.get('networks')
  const networks = isMap(given) ? given : map([], model)
  let usesDefault = false
  for (const section of ['services', 'jobs']) {
    const containers = model.entries.get(section)
    if (!isMap(containers)) continue
    for (const container of containers.entries.values()) {
      if (isMap(container) && joinsDefault(container)) usesDefault = true
    }
  }
  if (usesDefault && !networks.entries.has('default')) networks.entries.set('default', nothing(model))
  if (networks.entries.size > 0) model.entries.set('networks', networks)
}

const joinsDefault = (container: MapNode): boolean => {
  if (container.entries.has('provider') || container.entries.has('network_mode')) return false
  const networks = container.entries.get('networks')
  if (isMap(networks) && networks.entries.size > 0) return networks.entries.has('default')
  container.entries.set('networks', map([['default', nothing(container)]], container))
  return true
}

const nameResources = (model: MapNode): void => {
  const project = model.entries.get('name')
  for (const section of ['networks', 'volumes', 'configs', 'secrets']) {
    const resources = model.entries.get(section)
    if (!isMap(resources)) continue
    for (const [key, value] of resources.entries) {
      const resource = isMap(value) ? value : map([], value)
      const name = resource.entries.get('name')
      if (name === undefined || name.kind === 'null') {
        const external = resource.entries.get('external')
        const outside = external?.kind === 'bool' && external.value
        const full = outside || project === undefined ? key : `${printed(project)}_${key}`
        resource.entries.set('name', text(full, resource))
      }
      resources.entries.set(key, resource)
    }
  }
}
