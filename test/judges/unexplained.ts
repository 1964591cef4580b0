// Findings against what the files say: which of them nothing in the file explains.
import type { Judged } from './apps.ts'
import type { Finding } from './finding.ts'
import { followsFrom } from './follows.ts'

export interface Weighed {
  /** One line each, with the file that it came from. */
  readonly unexplained: readonly string[]
  /** Reason → how many findings it explains. */
  readonly explained: ReadonlyMap<string, number>
}

export const weigh = (findings: readonly Finding[], apps: readonly Judged[]): Weighed => {
  const byNamespace = new Map(apps.map((app) => [app.namespace, app]))
  const unexplained: string[] = []
  const explained = new Map<string, number>()
  for (const finding of findings) {
    const judged = byNamespace.get(finding.namespace)
    const because = reasonFor(finding, judged)
    if (because === null) unexplained.push(lineOf(finding, judged?.title ?? finding.namespace))
    else explained.set(because, (explained.get(because) ?? 0) + 1)
  }
  return { unexplained, explained }
}

/** A finding about an object that belongs to no service follows from nothing. */
const reasonFor = (finding: Finding, judged: Judged | undefined): string | null => {
  const object = judged?.objects.find(({ kind, name }) => kind === finding.kind && name === finding.name)
  const service = judged?.app.services.find(({ name }) => name === object?.service)
  return judged === undefined || service === undefined ? null : followsFrom(finding, service, judged.app)
}

export const lineOf = ({ judge, rule, kind, name, message }: Finding, title: string): string =>
  `${title}: ${judge} ${rule} ${kind}/${name} ${message}`
