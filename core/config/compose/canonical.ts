// Short forms → long forms, attribute by attribute, after every merge: from here on one attribute has one shape.
import { device, ports, volume } from './canonical-mounts.ts'
import type { Findings } from './findings.ts'
import { cut, printed } from './go-text.ts'
import { bool, isText, list, type MapNode, map, type Node, nothing, text } from './node.ts'
import { patternTable, under } from './pattern.ts'
import { children, keyed, type Transformer, transform, wrong, wrongType } from './transform.ts'

export const canonical = (node: Node, findings: Findings): Node | undefined => transform(node, transformers, findings)

const stringAsList: Transformer = (node) => (isText(node) ? list([node], node) : node)

/** The mapping form is gone through in its turn; the short form says one key. */
const nested =
  (key: string): Transformer =>
  (node, trail, findings) => {
    if (node.kind === 'map') return children(node, trail, findings)
    return isText(node) ? map([[key, node]], node) : wrongType(node, trail, findings)
  }

const namesAsMap: Transformer = (node, trail, findings) => {
  if (node.kind !== 'list') return node
  for (const item of node.items) if (!isText(item)) wrongType(item, trail, findings)
  return map(
    node.items.flatMap((name) => (isText(name) ? [[name.value, nothing(name)] as const] : [])),
    node,
  )
}

const started = (from: Node): MapNode =>
  map(
    [
      ['condition', text('service_started', from)],
      ['required', bool(true, from)],
    ],
    from,
  )

const dependencies: Transformer = (node, trail, findings) => {
  if (node.kind === 'list') {
    for (const item of node.items) if (!isText(item)) wrongType(item, trail, findings)
    return map(
      node.items.flatMap((n) => (isText(n) ? [[n.value, started(n)] as const] : [])),
      node,
    )
  }
  if (node.kind !== 'map') return wrongType(node, trail, findings)
  for (const value of node.entries.values()) {
    if (value.kind === 'map') withDefaults(value, [...started(value).entries])
  }
  return node
}

export const withDefaults = (node: MapNode, defaults: readonly (readonly [string, Node])[]): void => {
  for (const [key, value] of defaults) if (!node.entries.has(key)) node.entries.set(key, value)
}

const envFiles: Transformer = (node, trail, findings) => {
  const entries = node.kind === 'list' ? node.items : isText(node) ? [node] : undefined
  if (entries === undefined) return wrongType(node, trail, findings)
  return list(
    entries.flatMap((entry) => envFile(entry) ?? []),
    node,
  )
}

const envFile = (entry: Node): Node | undefined => {
  if (isText(entry))
    return map(
      [
        ['path', entry],
        ['required', bool(true, entry)],
      ],
      entry,
    )
  if (entry.kind !== 'map') return undefined
  withDefaults(entry, [['required', bool(true, entry)]])
  return entry
}

const gpus: Transformer = (node, trail, findings) => {
  if (node.kind === 'list') return children(node, trail, findings)
  if (!isText(node)) return wrongType(node, trail, findings)
  return list([map([['count', text('all', node)]], node)], node)
}

const ulimit: Transformer = (node, trail, findings) =>
  node.kind === 'map' || node.kind === 'int' ? node : wrongType(node, trail, findings)

const printedText: Transformer = (node) => (isText(node) ? node : text(printed(node), node))

const pairsAsMap: Transformer = (node, trail, findings) => {
  if (node.kind === 'map') return node
  if (node.kind !== 'list') return wrongType(node, trail, findings)
  const entries = node.items.map((item) => {
    const [key, value] = cut(isText(item) ? item.value : '', '=')
    return value === undefined
      ? wrong(item, { trail, findings }, 'expected key=value')
      : ([key, text(value, item)] as const)
  })
  return map(
    entries.filter((entry) => entry !== undefined),
    node,
  )
}

const ssh: Transformer = (node, trail, findings) => {
  if (node.kind === 'map') return node
  if (node.kind !== 'list') return wrongType(node, trail, findings)
  const entries = node.items.map((item) => {
    const [id, path] = cut(isText(item) ? item.value : '', '=')
    if (path !== undefined) return [id, text(path, item)] as const
    return id === 'default' ? ([id, nothing(item)] as const) : wrong(item, { trail, findings }, 'invalid ssh key')
  })
  return map(
    entries.filter((entry) => entry !== undefined),
    node,
  )
}

// `external: { name }` is the old way to say name and external.
const external: Transformer = (node, trail, findings) => {
  if (node.kind === 'null') return node
  if (node.kind !== 'map') return wrongType(node, trail, findings)
  children(node, trail, findings)
  const old = node.entries.get('external')
  if (old?.kind !== 'map') return node
  node.entries.set('external', bool(true, old))
  const name = old.entries.get('name')
  const own = node.entries.get('name')
  if (name === undefined) return node
  if (own === undefined) node.entries.set('name', name)
  else if (printed(own) !== printed(name)) return wrong(name, { trail, findings }, 'name and external.name differ')
  return node
}

const container: Readonly<Record<string, Transformer>> = {
  env_file: envFiles,
  label_file: stringAsList,
  gpus,
  networks: namesAsMap,
  models: namesAsMap,
  'volumes.*': volume,
  dns: stringAsList,
  'devices.*': device,
  'secrets.*': keyed('source'),
  'configs.*': keyed('source'),
  'ulimits.*': ulimit,
}

const workload: Readonly<Record<string, Transformer>> = {
  '': (node, trail, findings) => (node.kind === 'map' ? children(node, trail, findings) : node),
  'build.secrets.*': keyed('source'),
  'build.provenance': printedText,
  'build.sbom': printedText,
  'build.additional_contexts': pairsAsMap,
  depends_on: dependencies,
  extends: nested('service'),
  ports,
  build: nested('context'),
  'build.ssh': ssh,
  'build.ulimits.*': ulimit,
}

const transformers = patternTable<Transformer>({
  ...under(['services.*', 'jobs.*', 'services.*.pre_start.*'], container),
  ...under(['services.*', 'jobs.*'], workload),
  'jobs.*.triggers.schedule.*': keyed('cron'),
  'services.*.develop.watch.*.ignore': stringAsList,
  'services.*.develop.watch.*.include': stringAsList,
  ...under(['volumes.*', 'networks.*', 'secrets.*', 'configs.*'], { '': external }),
  'include.*': keyed('path'),
})

/** A DNS server that is empty text says nothing. */
export const omitEmpty = (node: Node): void => {
  for (const key of ['services', 'jobs']) {
    const containers = node.kind === 'map' ? node.entries.get(key) : undefined
    if (containers?.kind !== 'map') continue
    for (const value of containers.entries.values()) omitEmptyDns(value)
  }
}

const isEmpty = (node: Node): boolean => node.kind === 'null' || (node.kind === 'string' && node.value === '')

const omitEmptyDns = (service: Node): void => {
  const dns = service.kind === 'map' ? service.entries.get('dns') : undefined
  if (dns?.kind !== 'list') return
  const kept = dns.items.filter((item) => !isEmpty(item))
  dns.items.splice(0, dns.items.length, ...kept)
}
