// Fields that a cluster cannot honour or only approximates, each with its place in the file and a remedy. Pure.
import { bySpan, type Diagnostic } from '../../../core/model/diagnostic.ts'
import type { Target } from '../../../core/model/fleet.ts'
import type { TargetSpec } from '../../../core/model/native-object.ts'
import { fieldSpan, isAccepted, isWritten } from '../../../core/model/service-field.ts'
import { type RenderContext, renderContext } from '../render/context.ts'
import { fileRules } from './files.ts'
import { about, type Finding, type Judged, type Rule, refused } from './finding.ts'
import { lifeRules } from './life.ts'
import { networkRules } from './network.ts'
import { resourceRules } from './resources.ts'
import { securityRules } from './security.ts'
import { FIELD_TABLE } from './table.ts'

export { refusals } from './refusals.ts'

const RULES: readonly Rule[] = [...lifeRules, ...networkRules, ...fileRules, ...resourceRules, ...securityRules]

export const verdicts = (target: Target, spec: TargetSpec): readonly Diagnostic[] => {
  const context = renderContext(target, spec)
  const found = spec.services.flatMap((s) => {
    const judged: Judged = { s, service: s.service, context }
    const findings = [...tableFindings(judged), ...RULES.flatMap((rule) => rule(judged))]
    return findings.map((finding) => diagnosticOf(finding, judged))
  })
  return [...targetFindings(context), ...found].sort(bySpan)
}

const tableFindings: Rule = ({ service }) =>
  FIELD_TABLE.flatMap(({ field, verdict }): readonly Finding[] => {
    if (verdict.kind === 'faithful' || verdict.kind === 'depends' || !isWritten(service, field)) return []
    if (verdict.kind === 'approximated') return [about(field, `${field}: ${verdict.note}`)]
    return [refused(field, `${field}: ${verdict.why}`, verdict.remedy)]
  })

const diagnosticOf = (finding: Finding, { service, context }: Judged): Diagnostic => {
  const target = context.target.name
  const accepted = finding.kind === 'refused' && isAccepted(service, finding.code, { target, field: finding.field })
  const isError = finding.kind === 'refused' && !accepted
  return {
    code: finding.code,
    severity: isError ? 'error' : 'note',
    message: `${service.name}: ${finding.message}${accepted ? ' (accepted)' : ''}`,
    span: fieldSpan(service, finding.field),
    ...(finding.hint === undefined || !isError ? {} : { hint: finding.hint }),
    target,
    service: service.name,
  }
}

/** What concerns the target as a whole is said once. */
const targetFindings = (context: RenderContext): readonly Diagnostic[] => {
  const { target, settings, facts, spec } = context
  const at = { target: target.name, ...(target.span === null ? {} : { span: target.span }) }
  const separated = spec.app.networks.length > 1 || spec.app.networks.some((network) => network.internal)
  return [
    ...(settings.pullFromDockerConfig
      ? [
          {
            code: 'SP1257',
            severity: 'error' as const,
            message: `target ${target.name}: imagePull.fromDockerConfig is not there yet`,
            hint: 'make a pull secret in the namespace and name it: imagePull: { secret: NAME }',
            ...at,
          },
        ]
      : []),
    ...(separated && facts.networkPolicy !== true
      ? [
          {
            code: 'SP1258',
            severity: 'note' as const,
            message: `target ${target.name}: networks are kept apart by NetworkPolicies, which its network plugin ${facts.networkPolicy === false ? 'does not enforce' : 'is not known to enforce'}`,
            ...at,
          },
        ]
      : []),
  ]
}
