// Which services take part: those without profiles, and those one of whose profiles is active.
import { isMap, listAt, type MapNode, map, type Node } from './node.ts'

export interface Selection {
  readonly enabled: MapNode
  readonly disabled: MapNode
}

export const selectByProfile = (services: MapNode, active: readonly string[]): Selection => {
  const entries = [...services.entries]
  const takesPart = ([, service]: readonly [string, Node]): boolean => matches(profilesOf(service), active)
  return {
    enabled: map(entries.filter(takesPart), services),
    disabled: map(
      entries.filter((entry) => !takesPart(entry)),
      services,
    ),
  }
}

export const profilesOf = (service: Node): readonly string[] =>
  isMap(service)
    ? (listAt(service, 'profiles')?.items ?? []).flatMap((p) => (p.kind === 'string' ? [p.value] : []))
    : []

const matches = (declared: readonly string[], active: readonly string[]): boolean =>
  declared.length === 0 || active.includes('*') || declared.some((profile) => active.includes(profile))
