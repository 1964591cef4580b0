// The order of placement: what is needed comes before what needs it. Services that need each other form one unit, which
// runs on a target whole or not at all; units that hang together by needs or shared volumes form one group.
import type { Member } from './member.ts'
import type { Peers } from './peers.ts'

export interface Unit {
  readonly members: readonly Member[]
  /** Peers outside the unit → the member that needs it. */
  readonly needs: ReadonlyMap<string, string>
}

export interface Group {
  readonly units: readonly Unit[]
  readonly members: readonly Member[]
}

/** Groups in the order of the file; inside a group, needed units first. */
export const buildGroups = (members: readonly Member[], peers: Peers): readonly Group[] => {
  const edges = needEdges(members, peers)
  const byName = new Map(members.map((member, index) => [member.name, { member, index }]))
  const units = components([...edges.keys()], edges).flatMap((names) => {
    const inside = names.flatMap((name) => byName.get(name) ?? []).sort((a, b) => a.index - b.index)
    return inside.length === 0
      ? []
      : [
          unit(
            inside.map(({ member }) => member),
            peers,
          ),
        ]
  })
  return joined(units, members)
}

const NETWORK = 'network '

/** Service → service, with one vertex for each declared network so that n members make n edges, not n². */
const needEdges = (members: readonly Member[], peers: Peers): ReadonlyMap<string, readonly string[]> => {
  const edges = new Map<string, readonly string[]>()
  for (const { name } of members) {
    edges.set(name, [...(peers.needs.get(name) ?? []), ...(peers.networks.get(name) ?? []).map((key) => NETWORK + key)])
  }
  for (const [key, names] of peers.membersOf) edges.set(NETWORK + key, names)
  return edges
}

const unit = (members: readonly Member[], peers: Peers): Unit => {
  const inside = new Set(members.map((member) => member.name))
  const needs = new Map<string, string>()
  const networks = new Set<string>()
  const note = (peer: string, by: string): void => {
    if (!inside.has(peer) && !needs.has(peer)) needs.set(peer, by)
  }
  for (const { name } of members) {
    for (const peer of peers.needs.get(name) ?? []) note(peer, name)
    for (const key of peers.networks.get(name) ?? []) {
      if (!networks.has(key)) for (const peer of peers.membersOf.get(key) ?? []) note(peer, name)
      networks.add(key)
    }
  }
  return { members, needs }
}

/** Units → groups: joined by needs and by volumes that two services mount. */
const joined = (units: readonly Unit[], members: readonly Member[]): readonly Group[] => {
  const sets = disjointSets(members.map((member) => member.name))
  const firstOf = new Map<string, string>()
  for (const { members: inside, needs } of units) {
    const [first] = inside
    if (first === undefined) continue
    for (const name of [...inside.map((member) => member.name), ...needs.keys()]) sets.join(first.name, name)
    for (const { name, volumes } of inside) {
      for (const volume of volumes) {
        sets.join(firstOf.get(volume) ?? name, name)
        firstOf.set(volume, firstOf.get(volume) ?? name)
      }
    }
  }
  const groups = new Map<string, { units: Unit[]; members: Member[] }>()
  for (const member of members) {
    const root = sets.root(member.name)
    const group = groups.get(root) ?? { units: [], members: [] }
    group.members.push(member)
    groups.set(root, group)
  }
  for (const each of units) groups.get(sets.root(each.members[0]?.name ?? ''))?.units.push(each)
  return [...groups.values()]
}

interface Sets {
  root(name: string): string
  join(a: string, b: string): void
}

const disjointSets = (names: readonly string[]): Sets => {
  const parent = new Map(names.map((name) => [name, name]))
  const root = (name: string): string => {
    let top = name
    for (let next = parent.get(top); next !== undefined && next !== top; next = parent.get(top)) top = next
    parent.set(name, top)
    return top
  }
  return { root, join: (a, b) => void parent.set(root(b), root(a)) }
}

/** Strongly connected components, those without outgoing edges first (Tarjan, without recursion: chains may be long). */
const components = (
  vertices: readonly string[],
  edges: ReadonlyMap<string, readonly string[]>,
): readonly string[][] => {
  const index = new Map<string, number>()
  const low = new Map<string, number>()
  const open: string[] = []
  const onStack = new Set<string>()
  const found: string[][] = []
  const enter = (vertex: string) => {
    index.set(vertex, index.size)
    low.set(vertex, index.get(vertex) ?? 0)
    open.push(vertex)
    onStack.add(vertex)
    return { vertex, next: 0 }
  }
  const lower = (vertex: string, to: number | undefined): void =>
    void low.set(vertex, Math.min(low.get(vertex) ?? 0, to ?? 0))
  for (const start of vertices) {
    const work = index.has(start) ? [] : [enter(start)]
    for (let frame = work.at(-1); frame !== undefined; frame = work.at(-1)) {
      const target = edges.get(frame.vertex)?.[frame.next++]
      if (target !== undefined) {
        if (!index.has(target)) work.push(enter(target))
        else if (onStack.has(target)) lower(frame.vertex, index.get(target))
        continue
      }
      work.pop()
      const parent = work.at(-1)
      if (parent !== undefined) lower(parent.vertex, low.get(frame.vertex))
      if (low.get(frame.vertex) === index.get(frame.vertex)) found.push(closed(open, onStack, frame.vertex))
    }
  }
  return found
}

const closed = (open: string[], onStack: Set<string>, root: string): string[] => {
  const component = open.splice(open.lastIndexOf(root))
  for (const vertex of component) onStack.delete(vertex)
  return component
}
