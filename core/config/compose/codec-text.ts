// Codecs of mappings and lists of text, sizes, times and commands.
import { type Codec, type Decoding, isHuge, reject } from './codec.ts'
import { compareText, cut, printed } from './go-text.ts'
import { int, isNull, list, map, type Node, nothing, text } from './node.ts'
import { into } from './pattern.ts'
import { parseBytes, parseDuration, printDuration } from './quantity.ts'
import { splitCommand } from './shell-words.ts'

type Pair = readonly [string, Node]

const pairs =
  (ofMap: (value: Node) => Node, ofList: (key: string, value: string | undefined, item: Node) => Node): Codec =>
  (node, decoding) => {
    if (isNull(node) || node === undefined) return undefined
    if (node.kind !== 'map' && node.kind !== 'list') return reject(node, decoding, 'must be a mapping or a list')
    const entries: Pair[] =
      node.kind === 'map'
        ? [...node.entries].map(([key, value]) => [key, ofMap(value)] as const)
        : node.items.map((item) => {
            const [key, value] = cut(printed(item), '=')
            return [key, ofList(key, value, item)] as const
          })
    return entries.length === 0 ? undefined : map(entries, node)
  }

const asText = (node: Node): Node => (node.kind === 'string' ? node : text(printed(node), node))
const emptyOrText = (node: Node): Node => (node.kind === 'null' ? text('', node) : asText(node))

/** Missing values are empty text. */
export const mapping: Codec = pairs(emptyOrText, (_key, value, item) => text(value ?? '', item))

/** Missing values stay missing. */
const withNulls = pairs(
  (value) => (value.kind === 'null' ? value : asText(value)),
  (_key, value, item) => (value === undefined ? nothing(item) : text(value, item)),
)

export const environment: Codec = (node, decoding) => {
  if (node?.kind === 'list') {
    for (const item of node.items) {
      const [key] = cut(printed(item), '=')
      if (/\s$/.test(key)) reject(item, decoding, `has a space behind the name ${JSON.stringify(key)}`)
    }
  }
  return withNulls(node, decoding)
}

/** A mapping to text, where nothing but text and integers will do. */
export const plainMapping: Codec = (node, decoding) => {
  if (isNull(node) || node === undefined) return undefined
  if (node.kind !== 'map') return reject(node, decoding, 'must be a mapping')
  for (const [key, value] of node.entries) {
    if (!['string', 'int', 'null'].includes(value.kind) || isHuge(value)) {
      reject(value, { ...decoding, trail: into(decoding.trail, key) }, 'must be text')
    }
  }
  return mapping(node, decoding)
}

/** Each key may be given several times. */
export const multiOptions: Codec = (node, decoding) => {
  if (isNull(node) || node === undefined) return undefined
  if (node.kind !== 'map') return reject(node, decoding, 'must be a mapping')
  const entries = [...node.entries].flatMap(([key, value]) => {
    const items = value.kind === 'list' ? value.items : [value]
    return items.length === 0 ? [] : [[key, list(items.map(asText), value)] as const]
  })
  return entries.length === 0 ? undefined : map(entries, node)
}

/** host=ip lines, in order. */
export const hosts: Codec = (node, decoding) => {
  if (isNull(node) || node === undefined) return undefined
  const found = hostPairs(node, decoding)
  if (found === undefined) return undefined
  for (const [host, ip] of found) {
    if (host === '' || /[:=]/.test(host)) return reject(ip, decoding, `has the bad host name ${JSON.stringify(host)}`)
  }
  const lines = found.map(([host, ip]) => text(`${host}=${unbracket(printed(ip))}`, ip))
  if (lines.length === 0) return undefined
  return list(
    lines.sort((a, b) => compareText(a.value, b.value)),
    node,
  )
}

const unbracket = (ip: string): string => (/^\[.+\]$/.test(ip) ? ip.slice(1, -1) : ip)

const hostPairs = (node: Node, decoding: Decoding): readonly Pair[] | undefined => {
  if (node.kind === 'map') return [...node.entries].flatMap(([host, value]) => hostEntry(host, value, decoding))
  if (node.kind !== 'list') return reject(node, decoding, 'must be a mapping or a list')
  return node.items.flatMap((item) => {
    const line = printed(item)
    const [host, ips] = line.includes('=') ? cut(line, '=') : cut(line, ':')
    if (ips !== undefined) return ips.split(',').map((ip) => [host, text(ip, item)] as const)
    reject(item, decoding, `lacks the address in ${JSON.stringify(line)}`)
    return []
  })
}

const hostEntry = (host: string, value: Node, decoding: Decoding): readonly Pair[] => {
  if (value.kind === 'null') return [[host, text('', value)]]
  if (value.kind === 'string') return [[host, value]]
  if (value.kind === 'list') return value.items.map((ip) => [host, asText(ip)] as const)
  reject(value, decoding, `must give text or a list for ${host}`)
  return []
}

/** Printed as null where it is not given: an empty command is something else. */
export const command: Codec = (node, decoding) => {
  if (node === undefined || node.kind === 'null' || node.kind === 'time') return nothing(node ?? decoding.owner)
  if (node.kind === 'list') return list(texts(node.items, decoding), node)
  if (node.kind !== 'string') return reject(node, decoding, 'must be text or a list')
  const words = splitCommand(node.value)
  if (words === undefined) return reject(node, decoding, 'has a quote that is not closed, or an unquoted parenthesis')
  return list(
    words.map((word) => text(word, node)),
    node,
  )
}

const texts = (items: readonly Node[], decoding: Decoding): Node[] =>
  items.filter((item) => item.kind === 'string' || reject(item, decoding, 'must hold text only') !== undefined)

export const healthTest: Codec = (node, decoding) => {
  if (node?.kind === 'string') return list([text('CMD-SHELL', node), node], node)
  if (node?.kind !== 'list') return undefined
  return node.items.length === 0 ? undefined : list(texts(node.items, decoding), node)
}

/** Printed whenever it is given. */
export const givenDuration: Codec = (node, decoding) => {
  if (isNull(node) || node === undefined) return undefined
  const ns = parseDuration(printed(node))
  if (ns === undefined) return reject(node, decoding, `is no duration such as 30s, 1m30s or 2h`)
  return text(printDuration(ns), node)
}

export const duration: Codec = (node, decoding) => {
  const value = givenDuration(node, decoding)
  return value?.kind === 'string' && value.value === '0s' ? undefined : value
}

/** A size in bytes. Fractions without a unit are passed over, as in the reference loader. */
export const bytes: Codec = (node, decoding) => {
  if ((node?.kind !== 'int' && node?.kind !== 'string') || isHuge(node)) return undefined
  const size = node.kind === 'int' ? BigInt(node.value) : parseBytes(node.value)
  if (size === undefined) return reject(node, decoding, `is no size such as 512m or 1g`)
  return size === 0n ? undefined : text(String(size), node)
}

export const anyBytes: Codec = (node, decoding) => bytes(node, decoding) ?? text('0', node ?? decoding.owner)

/** A file mode: numbers as they are, text as octal digits. */
export const fileMode: Codec = (node, decoding) => {
  if (isNull(node) || node === undefined) return undefined
  if (node.kind === 'int' && !isHuge(node)) return text(`0${BigInt(node.value).toString(8)}`, node)
  if (node.kind === 'string' && /^[+-]?[0-7]+$/.test(node.value)) {
    return text(`0${Number.parseInt(node.value, 8).toString(8)}`, node)
  }
  return reject(node, decoding, 'must be an octal mode such as 0440')
}

/** How many devices: a number, or all. */
export const deviceCount: Codec = (node, decoding) => {
  if (isNull(node) || node === undefined) return undefined
  if (node.kind === 'int' && !isHuge(node)) return Number(node.value) === 0 ? undefined : node
  if (node.kind === 'string' && node.value.toLowerCase() === 'all') return int(-1, node)
  if (node.kind === 'string' && /^[+-]?[0-9]+$/.test(node.value)) {
    return Number(node.value) === 0 ? undefined : int(Number(node.value), node)
  }
  return reject(node, decoding, 'must be a number or all')
}

/** One limit for both, or soft and hard. */
export const ulimit: Codec = (node, decoding) => {
  if (node?.kind === 'int') return Number(node.value) === 0 ? map([], node) : node
  if (node?.kind !== 'map') return reject(node ?? decoding.owner, decoding, 'must be a number, or soft and hard')
  const entries: Pair[] = []
  for (const key of ['soft', 'hard']) {
    const value = node.entries.get(key)
    if (value === undefined) continue
    if (value.kind !== 'int') return reject(value, decoding, 'must be an integer')
    if (Number(value.value) !== 0) entries.push([key, value])
  }
  return map(entries, node)
}

/** Keys to be forwarded: names, or name=path. */
export const sshKeys: Codec = (node, decoding) => {
  if (isNull(node) || node === undefined) return undefined
  if (node.kind !== 'map') return reject(node, decoding, 'must be a mapping')
  const keys = [...node.entries].map(([id, path]) => text(path.kind === 'null' ? id : `${id}=${printed(path)}`, path))
  return keys.length === 0
    ? undefined
    : list(
        keys.sort((a, b) => compareText(a.value, b.value)),
        node,
      )
}
