// A plan as rows of words, decided here so that every renderer says the same: the command line only sets columns and colours.
import type { FieldChange, IfLost } from '../model/plan.ts'
import { counted } from './because.ts'
import { doorWords } from './consent.ts'
import type { PlanChange, PlanReport } from './types.ts'

export interface PlanWords {
  /** Target-scope groups stand before app groups; targets in name order. */
  readonly groups: readonly PlanGroup[]
  readonly unplaceable: readonly UnplaceableWords[]
  readonly exposed: readonly string[]
  readonly ifLost: readonly string[]
  /** 'Plan: 3 create, 1 update, 7 unchanged · +$0.81/h' or 'No changes: 7 objects are as wanted'. */
  readonly footer: string
  readonly empty: boolean
}

export interface PlanGroup {
  readonly target: string
  readonly scope: 'app' | 'target'
  readonly rows: readonly PlanRow[]
}

export interface PlanRow {
  readonly sign: '+' | '~' | '±' | '-' | '>' | '^'
  readonly action: string
  readonly kind: string
  readonly name: string
  readonly because: string
  readonly consent: string
  /** 'container.image: a:1 → a:2' */
  readonly fields: readonly string[]
}

export interface UnplaceableWords {
  readonly service: string
  readonly text: string
  readonly reasons: readonly string[]
  readonly hint: string
}

const SIGNS: Readonly<Record<string, PlanRow['sign']>> = {
  prepare: '+',
  create: '+',
  update: '~',
  replace: '±',
  remove: '-',
  move: '>',
  scale: '^',
}

export const describePlan = (report: PlanReport): PlanWords => {
  const keys = [...new Set(report.changes.map((c) => `${c.scope === 'target' ? 0 : 1}\0${c.target}`))].sort()
  return {
    groups: keys.map((key) => groupOf(key, report.changes)),
    unplaceable: report.unplaceable.map(unplaceableWords),
    exposed: report.exposed.map(doorWords),
    ifLost: report.ifLost.map(lossWords),
    footer: footerOf(report),
    empty: report.changes.length === 0,
  }
}

const groupOf = (key: string, changes: readonly PlanChange[]): PlanGroup => {
  const [rank, target = ''] = key.split('\0')
  const scope = rank === '0' ? 'target' : 'app'
  return { target, scope, rows: changes.filter((c) => c.target === target && c.scope === scope).map(rowOf) }
}

const rowOf = (c: PlanChange): PlanRow => ({
  sign: SIGNS[c.action] ?? '~',
  action: c.action,
  kind: c.kind,
  name: c.name,
  because: c.because,
  consent: c.consent,
  fields: c.diff.map(fieldWords),
})

export const fieldWords = (f: FieldChange): string =>
  f.from === f.to
    ? `${f.path}: ${text(f.to)} changed`
    : f.from === null
      ? `${f.path}: + ${text(f.to)}`
      : f.to === null
        ? `${f.path}: - ${text(f.from)}`
        : `${f.path}: ${text(f.from)} → ${text(f.to)}`

const WIDEST = 120

const text = (value: unknown): string => {
  const plain = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'null')
  return plain.length > WIDEST ? `${plain.slice(0, WIDEST - 1)}…` : plain
}

const unplaceableWords = (u: PlanReport['unplaceable'][number]): UnplaceableWords => ({
  service: u.service,
  text: `${counted(u.count, 'replica')} of ${u.service} cannot be placed`,
  reasons: u.refusals.map(
    (r) =>
      `${r.target}: ${r.reason}${r.count > 1 ? ` (${r.count}, such as ${r.example})` : r.example === '' ? '' : ` (${r.example})`}`,
  ),
  hint: u.hint,
})

const lossWords = (loss: IfLost): string => {
  const parts = loss.services.map((s) => {
    const to = s.movesTo.map((m) => `${m.target} ×${m.replicas}`).join(', ')
    const rest = s.unplaced > 0 ? `${s.unplaced} nowhere (${s.because})` : ''
    return `${s.service} ${s.wanted} → ${[to, rest].filter((x) => x !== '').join(', ') || s.because}`
  })
  return `if ${loss.target} is lost: ${parts.length > 0 ? parts.join('; ') : loss.verdict}`
}

const KINDS = ['prepare', 'create', 'update', 'replace', 'move', 'scale', 'remove'] as const

const footerOf = ({ summary }: PlanReport): string => {
  const { before, after } = summary.priceUsdPerHour
  const counts = KINDS.filter((k) => summary[k] > 0).map((k) => `${summary[k]} ${k}`)
  const extra = [
    ...(summary.unplaceable > 0 ? [`${summary.unplaceable} unplaceable`] : []),
    ...(after === before ? [] : [`${after > before ? '+' : '-'}$${Math.abs(after - before).toFixed(2)}/h`]),
  ]
  const head =
    counts.length === 0
      ? `No changes: ${counted(summary.unchanged, 'object')} as wanted`
      : `Plan: ${[...counts, `${summary.unchanged} unchanged`].join(', ')}`
  return [head, ...extra].join(' · ')
}

/** `plan --why SERVICE`: where it goes and why, what refused it, what changes. */
export const whyWords = (report: PlanReport, service: string): readonly string[] => [
  ...report.placements
    .filter((p) => p.service === service)
    .map(
      (p) => `${p.target}${p.node === null ? '' : `/${p.node}`}: ${counted(p.count, 'replica')}, because ${p.because}`,
    ),
  ...report.unplaceable
    .filter((u) => u.service === service)
    .flatMap((u) => [unplaceableWords(u).text, ...unplaceableWords(u).reasons.map((r) => `  ${r}`), u.hint]),
  ...report.changes
    .filter((c) => c.service === service)
    .map((c) => `${c.action} ${c.kind} ${c.name} on ${c.target}, because ${c.because}`),
]
