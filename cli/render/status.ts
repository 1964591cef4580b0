// status and ps as tables.
import type { PsReport, StatusReport, TargetStatus } from '../../core/engine/api.ts'
import type { Health, Replica } from '../../core/model/replica.ts'
import { oneLine } from './plain-text.ts'
import type { Style } from './style.ts'
import { renderTable } from './table.ts'
import { age } from './time.ts'

export const renderStatus = (report: StatusReport, style: Style, now: number): string => {
  const title = `${style.bold(report.app)} ${style.symbols.dot} ${report.release === null ? 'no release' : `release ${report.release}`} ${style.symbols.dot} ${health(report.state, style)}`
  const seen = report.targets.map((target) => target.observedAt).sort()[0]
  const observed = seen === undefined ? '' : style.dim(`  observed ${age(seen, now)} ago`)
  if (isNowhere(report)) return `${style.bold(report.app)} is not deployed on any target`
  const rows = report.targets.flatMap((target) => targetRows(target, style))
  return `${title}${observed}\n${renderTable(['TARGET', 'STATE', 'SERVICE', 'READY', 'RELEASE', 'ENDPOINTS', 'NOTE'], rows, style)}`
}

const isNowhere = ({ release, targets }: StatusReport): boolean =>
  release === null && targets.every((target) => target.state === 'absent')

const targetRows = (target: TargetStatus, style: Style): readonly (readonly string[])[] => {
  const note = noteOf(target)
  const head = [target.name, health(target.state, style)]
  if (target.services.length === 0) return [[...head, '-', '-', text(target.release), '', note]]
  return target.services.map((service, index) => {
    const ready = target.reachable ? `${service.ready}/${service.desired}` : `?/${service.desired}`
    const count = service.ready >= service.desired ? ready : style.yellow(ready)
    return [
      ...(index === 0 ? head : ['', '']),
      service.name,
      count,
      text(service.release ?? target.release),
      service.endpoints.map(oneLine).join(' '),
      index === 0 ? note : '',
    ]
  })
}

const noteOf = (target: TargetStatus): string =>
  [target.owed ? 'owed: it gets the release when it answers' : '', oneLine(target.because ?? '')]
    .filter((part) => part !== '')
    .join('; ')

export const health = (state: Health, style: Style): string => {
  if (state === 'healthy') return style.green(state)
  return state === 'progressing' || state === 'absent' ? style.yellow(state) : style.red(state)
}

const text = (value: number | null): string => (value === null ? '-' : String(value))

export const renderReplicas = ({ replicas }: PsReport, style: Style, now: number): string => {
  if (replicas.length === 0) return 'no replicas'
  const header = ['REPLICA', 'TARGET', 'NODE', 'PHASE', 'RESTARTS', 'RELEASE', 'AGE', 'ADDRESS', 'NOTE']
  return renderTable(
    header,
    replicas.map((replica) => replicaRow(replica, style, now)),
    style,
  )
}

const replicaRow = (replica: Replica, style: Style, now: number): readonly string[] => [
  replicaName(replica),
  replica.target,
  replica.node ?? '-',
  phase(replica, style),
  String(replica.restarts),
  text(replica.release),
  age(replica.startedAt, now),
  replica.address ?? '-',
  [replica.reason, lastExit(replica), replica.note]
    .filter((part) => part != null && part !== '')
    .map((part) => oneLine(part ?? ''))
    .join('; '),
]

export const replicaName = (replica: Pick<Replica, 'service' | 'slot' | 'id'>): string =>
  replica.slot === null ? `${replica.service} ${replica.id.slice(0, 12)}` : `${replica.service}.${replica.slot}`

const phase = ({ phase: name, ready }: Replica, style: Style): string => {
  if (ready) return style.green(name)
  return ['failed', 'unhealthy', 'lost'].includes(name) ? style.red(name) : style.yellow(name)
}

const lastExit = ({ lastExit: exit }: Replica): string | null => {
  if (exit === null) return null
  return exit.oomKilled ? 'last exit: out of memory' : `last exit: ${exit.signal ?? exit.code ?? 'unknown'}`
}
