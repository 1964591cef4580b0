// `check --suggest-accept`: the accept: list that takes the losses which targets announce, to be pasted by service.
import type { Diagnostic } from '../../core/model/diagnostic.ts'
import { oneLine } from './plain-text.ts'

export interface AcceptList {
  readonly services: Readonly<Record<string, readonly string[]>>
  readonly text: string
}

/** Only losses can be accepted: SP12xx, fields that a target cannot honour. */
export const acceptList = (findings: readonly Diagnostic[]): AcceptList => {
  const losses = findings.filter(
    (finding) => finding.code.startsWith('SP12') && finding.severity === 'error' && finding.service !== undefined,
  )
  const byService = Map.groupBy(losses, (finding) => finding.service ?? '')
  const entries = [...byService].map(([service, found]) => [service, [...new Set(found.map(entryOf))]] as const)
  const lines = [...byService].flatMap(([service, found]) => [
    `  ${service}:`,
    '    x-stormport:',
    `      accept: [${[...new Set(found.map(entryOf))].join(', ')}]`,
    ...found.map((finding) => `      # ${finding.code}: ${oneLine(finding.message)}`),
  ])
  return {
    services: Object.fromEntries(entries),
    text: lines.length === 0 ? 'nothing to accept' : ['services:', ...lines].join('\n'),
  }
}

const entryOf = ({ code, target }: Diagnostic): string => (target === undefined ? code : `"${code}@${target}"`)
