// What a running change looks like, as plain data: one row per target and service. `applyEvent` is the only way in, time
// is an argument, so every renderer shows the same and none needs a terminal to be tested.
import type { Diagnostic } from '../../core/model/diagnostic.ts'
import type { Event, Result } from '../../core/model/event.ts'
import { asDiagnostic, asPlanReport, asReplica, asResult, asServiceStatus } from './event-data.ts'
import { oneLine } from './plain-text.ts'

export interface ProgressRow {
  readonly target: string
  readonly service: string
  readonly ready: number
  /** null: not told yet. */
  readonly desired: number | null
  readonly endpoints: readonly string[]
  /** What was heard last. */
  readonly note: string
  readonly state: 'waiting' | 'settled' | 'failed'
  readonly changedMs: number
}

export interface Progress {
  readonly startedMs: number
  readonly rows: readonly ProgressRow[]
  readonly findings: readonly Diagnostic[]
  /** Last lines of failing replicas: what, and the lines. */
  readonly logs: readonly { readonly about: string; readonly lines: readonly string[] }[]
  readonly result: Result | null
}

const MAX_LOG_LINES = 10

export const startProgress = (now: number): Progress => ({
  startedMs: now,
  rows: [],
  findings: [],
  logs: [],
  result: null,
})

export const applyEvent = (progress: Progress, event: Event, now: number): Progress => {
  switch (event.type) {
    case 'plan':
      return takePlan(progress, event, now)
    case 'health':
      return takeHealth(progress, event, now)
    case 'replica':
      return takeReplica(progress, event, now)
    case 'action':
    case 'wave':
      return event.service === undefined ? progress : withNote(progress, event, now)
    case 'log':
      return takeLog(progress, event)
    case 'diagnostic':
      return takeFinding(progress, event, now)
    case 'result':
      return { ...progress, result: asResult(event.data) }
    case 'version':
    case 'confirm':
    case 'lock':
      return progress
    default:
      return event.type satisfies never
  }
}

const takePlan = (progress: Progress, event: Event, now: number): Progress => {
  const report = asPlanReport(event.data)
  if (report === null) return progress
  const changing = new Set(
    report.changes.filter((change) => change.service !== null).map((change) => `${change.target}\0${change.service}`),
  )
  const counts = new Map<string, number>()
  for (const { target, service, count } of report.placements) {
    const key = `${target}\0${service}`
    if (changing.has(key)) counts.set(key, (counts.get(key) ?? 0) + count)
  }
  return [...counts].reduce((next, [key, desired]) => {
    const [target = '', service = ''] = key.split('\0')
    return change(next, { target, service }, { desired, changedMs: now })
  }, progress)
}

const takeHealth = (progress: Progress, event: Event, now: number): Progress => {
  const status = asServiceStatus(event.data)
  if (status === null) return event.service === undefined ? progress : withNote(progress, event, now)
  const settled = status.ready >= status.desired
  return change(progress, whereOf(event, status.service), {
    ready: status.ready,
    desired: status.desired,
    endpoints: status.endpoints,
    state: settled ? 'settled' : 'waiting',
    changedMs: now,
  })
}

const takeReplica = (progress: Progress, event: Event, now: number): Progress => {
  const replica = asReplica(event.data)
  if (replica === null) return withNote(progress, event, now)
  const state = replica.phase === 'failed' || replica.phase === 'unhealthy' ? 'failed' : undefined
  return change(progress, whereOf(event, replica.service), {
    note: oneLine(event.message),
    changedMs: now,
    ...(state === undefined ? {} : { state }),
  })
}

const takeFinding = (progress: Progress, event: Event, now: number): Progress => {
  const finding = asDiagnostic(event.data) ?? { code: event.code, severity: 'error', message: event.message }
  const next = { ...progress, findings: [...progress.findings, finding] }
  if (finding.severity !== 'error' || event.target === undefined || event.service === undefined) return next
  return change(
    next,
    { target: event.target, service: event.service },
    { state: 'failed', note: oneLine(finding.message), changedMs: now },
  )
}

const takeLog = (progress: Progress, event: Event): Progress => {
  const about = [event.service, event.target].filter((part) => part !== undefined).join(' on ')
  const known = progress.logs.find((entry) => entry.about === about)
  const lines = [...(known?.lines ?? []), oneLine(event.message)].slice(-MAX_LOG_LINES)
  return { ...progress, logs: [...progress.logs.filter((entry) => entry !== known), { about, lines }] }
}

const withNote = (progress: Progress, event: Event, now: number): Progress =>
  change(progress, whereOf(event, event.service ?? ''), { note: oneLine(event.message), changedMs: now })

const whereOf = (event: Event, service: string): { readonly target: string; readonly service: string } => ({
  target: event.target ?? '',
  service,
})

const change = (
  progress: Progress,
  where: { readonly target: string; readonly service: string },
  fields: Partial<ProgressRow>,
): Progress => {
  const known = progress.rows.find((row) => row.target === where.target && row.service === where.service)
  const row: ProgressRow = {
    ready: 0,
    desired: null,
    endpoints: [],
    note: '',
    state: 'waiting',
    changedMs: progress.startedMs,
    ...known,
    ...where,
    ...fields,
  }
  const rows =
    known === undefined
      ? [...progress.rows, row].sort(byPlace)
      : progress.rows.map((other) => (other === known ? row : other))
  return { ...progress, rows }
}

const byPlace = (a: ProgressRow, b: ProgressRow): number => compare(a.target, b.target) || compare(a.service, b.service)
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
