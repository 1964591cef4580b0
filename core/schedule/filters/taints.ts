// Taints of the node that the class does not tolerate. 'key=value:Effect'; PreferNoSchedule does not refuse. A toleration
// may leave out value or effect ('key', 'key=value', 'key:Effect'), which then matches any; '*' tolerates all.
import type { Filter } from './filter.ts'

export const taints: Filter = {
  name: 'taints',
  reads: 'node',
  prepare: (table, cls) => {
    const blocking = (row: number): string | undefined =>
      table.nodes[row]?.taints.find(
        (taint) => !taint.endsWith(':PreferNoSchedule') && !cls.tolerations.some((t) => tolerates(t, taint)),
      )
    return {
      fits: (row) => blocking(row) === undefined,
      explain: (row) => ({ reason: `taint ${blocking(row)} is not tolerated`, detail: '' }),
    }
  },
}

interface Taint {
  readonly key: string
  readonly value: string | null
  readonly effect: string | null
}

const parse = (text: string): Taint => {
  const colon = text.lastIndexOf(':')
  const body = colon < 0 ? text : text.slice(0, colon)
  const equals = body.indexOf('=')
  return {
    key: equals < 0 ? body : body.slice(0, equals),
    value: equals < 0 ? null : body.slice(equals + 1),
    effect: colon < 0 ? null : text.slice(colon + 1),
  }
}

const tolerates = (toleration: string, taint: string): boolean => {
  if (toleration === '*' || toleration === taint) return true
  const allowed = parse(toleration)
  const actual = parse(taint)
  return (
    allowed.key === actual.key &&
    (allowed.value === null || allowed.value === (actual.value ?? '')) &&
    (allowed.effect === null || allowed.effect === actual.effect)
  )
}
