// Fields that a local target cannot honour or only approximates, each with its place in the file and a remedy. Pure.
import type { Service } from '../../core/model/app.ts'
import { bySpan, type Diagnostic, type SourceSpan } from '../../core/model/diagnostic.ts'
import type { Target } from '../../core/model/fleet.ts'
import { runsAsProcess } from '../../core/model/host-process.ts'
import type { TargetSpec } from '../../core/model/native-object.ts'
import { isAccepted } from '../../core/model/service-field.ts'
import { type Finding, type Judged, valueFindings } from './verdict-rules.ts'
import { FIELD_TABLE } from './verdict-table.ts'

export const verdicts = (target: Target, spec: TargetSpec): readonly Diagnostic[] =>
  spec.services
    .flatMap((service) => {
      const judged: Judged = {
        spec,
        service,
        driver: runsAsProcess(service.service, target, spec.facts) ? 'process' : 'docker',
      }
      return [...tableFindings(judged), ...valueFindings(judged)].map((finding) =>
        diagnosticOf(finding, judged, target.name),
      )
    })
    .sort(bySpan)

/** By what they say of each driver, so that a service is asked only about fields that can be found fault with. */
const RELEVANT = {
  docker: FIELD_TABLE.filter((row) => row.docker.kind !== 'faithful'),
  process: FIELD_TABLE.filter((row) => row.process.kind !== 'faithful'),
}

const tableFindings = ({ service: { service }, driver }: Judged): readonly Finding[] =>
  RELEVANT[driver].flatMap((row): readonly Finding[] => {
    const verdict = row[driver]
    if (verdict.kind === 'faithful' || !isWritten(service, row.field)) return []
    if (verdict.kind === 'approximated')
      return [{ code: 'SP1202', field: row.field, kind: 'approximated', message: `${row.field}: ${verdict.note}` }]
    return [
      {
        code: 'SP1201',
        field: row.field,
        kind: 'refused',
        message: `${row.field}: ${verdict.why}`,
        hint: verdict.remedy,
      },
    ]
  })

/** Defaults that the canonical form spells out say nothing, and neither do empty lists. */
const isWritten = (service: Service, field: string): boolean => {
  if (field === 'networks') return Object.keys(service.networks).some((key) => key !== 'default')
  if (field === 'image' || field === 'build' || field === 'pull_policy') return false
  const value = valueAt(service.compose, field)
  if (value === undefined || value === null || value === false || value === '') return false
  return typeof value !== 'object' || Object.keys(value).length > 0
}

const valueAt = (value: unknown, path: string): unknown => {
  if (typeof value !== 'object' || value === null) return undefined
  const dot = path.indexOf('.')
  return dot === -1 ? Reflect.get(value, path) : valueAt(Reflect.get(value, path.slice(0, dot)), path.slice(dot + 1))
}

const diagnosticOf = (finding: Finding, { service: { service } }: Judged, target: string): Diagnostic => {
  const accepted = finding.kind === 'refused' && isAccepted(service, finding.code, { target, field: finding.field })
  const refused = finding.kind === 'refused' && !accepted
  return {
    code: finding.code,
    severity: refused ? 'error' : 'note',
    message: `${service.name}: ${finding.message}${accepted ? ' (accepted)' : ''}`,
    span: spanOf(service, finding.field),
    ...(finding.hint === undefined || !refused ? {} : { hint: finding.hint }),
    target,
    service: service.name,
  }
}

/** The field's own place, else that of the nearest key around it. */
const spanOf = (service: Service, field: string): SourceSpan => {
  const parts = field.split('.')
  for (let n = parts.length; n > 0; n--) {
    const span = service.spans[parts.slice(0, n).join('.')]
    if (span !== undefined) return span
  }
  return service.span
}
