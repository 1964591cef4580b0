// Relative paths → paths below the working folder, attribute by attribute. Files that were included or extended have
// theirs made relative to the project first, so this may run twice over a value.
import type { Findings } from './findings.ts'
import { joinPath } from './go-text.ts'
import { isText, type MapNode, type Node, text, textAt } from './node.ts'
import { into, patternTable, type Trail, under } from './pattern.ts'

export interface PathBase {
  readonly workingDir: string
  readonly home: string | undefined
  readonly findings: Findings
  readonly realpath: (path: string) => string | undefined
}

type Resolver = (node: Node, base: PathBase) => Node

export const resolvePaths = (node: Node, base: PathBase, trail: Trail<Resolver> = resolvers): Node => {
  const resolver = trail.state?.value
  if (resolver !== undefined) return resolver(node, base)
  if (trail.state === undefined) return node
  if (node.kind === 'map') {
    for (const [key, value] of node.entries) node.entries.set(key, resolvePaths(value, base, into(trail, key)))
  }
  if (node.kind === 'list') {
    const items = node.items.map((item) => resolvePaths(item, base, into(trail, '[]')))
    node.items.splice(0, node.items.length, ...items)
  }
  return node
}

const expandHome = (path: string, base: PathBase): string =>
  path.startsWith('~') && base.home !== undefined ? joinPath(base.home, path.slice(1)) : path

export const absolutePath = (path: string, base: PathBase): string => {
  const expanded = expandHome(path, base)
  return expanded.startsWith('/') || expanded === '' ? expanded : joinPath(base.workingDir, expanded)
}

const path: Resolver = (node, base) => {
  if (node.kind === 'list') node.items.splice(0, node.items.length, ...node.items.map((item) => path(item, base)))
  return isText(node) ? text(absolutePath(node.value, base), node) : node
}

// Watched folders are named by their real path, so that events of the file system can be told by it.
const watched: Resolver = (node, base) => {
  const absolute = path(node, base)
  if (!isText(absolute) || !absolute.value.startsWith('/')) return absolute
  const parts = absolute.value.split('/')
  for (let i = 2; i <= parts.length; i++) {
    const prefix = parts.slice(0, i).join('/')
    const real = base.realpath(prefix)
    if (real === undefined) break
    if (real !== prefix)
      return text(
        absolute.value.replace(prefix, () => real),
        node,
      )
  }
  return absolute
}

const WINDOWS = /^(?:[a-zA-Z]:[\\/]|\\\\)/

/** A path of the engine's machine: Windows forms are left alone, and nothing is taken for the folder itself. */
const enginePath: Resolver = (node, base) => {
  if (!isText(node)) return node
  const expanded = expandHome(node.value, base)
  if (expanded.startsWith('/') || WINDOWS.test(expanded)) return text(expanded, node)
  return text(joinPath(base.workingDir, expanded), node)
}

const REMOTE = ['https://', 'http://', 'git://', 'ssh://', 'github.com/', 'git@']

export const isRemoteContext = (value: string): boolean =>
  value.includes('://') || value.startsWith('service:') || REMOTE.some((prefix) => value.startsWith(prefix))

const context: Resolver = (node, base) =>
  isText(node) && !isRemoteContext(node.value) ? text(absolutePath(node.value, base), node) : node

const mount: Resolver = (node, base) => {
  if (node.kind !== 'map' || textAt(node, 'type') !== 'bind') return node
  const source = node.entries.get('source')
  if (source === undefined) {
    base.findings.error('SP1103', 'a mount of type bind needs a source', { at: node.at })
    return node
  }
  node.entries.set('source', enginePath(source, base))
  return node
}

// A local volume with the option `bind` is a bind mount in disguise.
const localVolume: Resolver = (node, base) => {
  if (node.kind !== 'map' || textAt(node, 'driver') !== 'local') return node
  const options = node.entries.get('driver_opts')
  const bound = options?.kind === 'map' && textAt(options, 'o') === 'bind' ? options : undefined
  if (bound !== undefined) bindDevice(bound, base)
  return node
}

const bindDevice = (options: MapNode, base: PathBase): void => {
  const device = options.entries.get('device')
  if (device !== undefined) options.entries.set('device', enginePath(device, base))
}

const resolvers = patternTable<Resolver>({
  ...under<Resolver>(['services.*', 'jobs.*'], {
    'build.context': context,
    'build.additional_contexts.*': context,
    'build.ssh.*': enginePath,
    'env_file.*.path': path,
    'label_file.*': path,
    'extends.file': path,
    'volumes.*': mount,
  }),
  'services.*.develop.watch.*.path': watched,
  ...under<Resolver>(['services.*.pre_start.*'], {
    'env_file.*.path': path,
    'label_file.*': path,
    'volumes.*': mount,
  }),
  'configs.*.file': enginePath,
  'secrets.*.file': enginePath,
  'include.path': path,
  'include.project_directory': path,
  'include.env_file': path,
  'volumes.*': localVolume,
})
