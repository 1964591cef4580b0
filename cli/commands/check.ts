// check: every finding about the files and about what each target can honour, at once; no network, no daemon.
import { bySpan, type Diagnostic, hasErrors } from '../../core/model/diagnostic.ts'
import type { Call, Run } from '../call.ts'
import { uniqueFindings } from '../findings.ts'
import { checkedProject } from '../project.ts'
import { acceptList } from '../render/accept-list.ts'

export const run: Run = async (call) => {
  const { context, flags } = call
  const findings = [...(await findingsOf(call))].sort(bySpan)
  const accept = flags.on('suggestAccept') ? acceptList(findings) : null
  if (context.options.json)
    context.document({ diagnostics: findings, ...(accept === null ? {} : { accept: accept.services }) })
  else {
    context.diagnose(findings)
    if (accept !== null) context.print(accept.text)
    context.print(summary(findings))
  }
  return hasErrors(findings) ? 3 : 0
}

/** Verdicts of targets need an application; files that leave none have findings enough. */
const findingsOf = async ({ context }: Call): Promise<readonly Diagnostic[]> => {
  const loaded = await context.loaded()
  if (loaded.app === null || hasErrors(loaded.diagnostics)) return loaded.diagnostics
  const engine = await context.engine()
  return uniqueFindings([...loaded.diagnostics, ...(await engine.verdicts(checkedProject(loaded)))])
}

const summary = (findings: readonly Diagnostic[]): string => {
  const count = (severity: Diagnostic['severity'], word: string): string | null => {
    const number = findings.filter((finding) => finding.severity === severity).length
    return number === 0 ? null : `${number} ${word}${number === 1 ? '' : 's'}`
  }
  const parts = [count('error', 'error'), count('warning', 'warning'), count('note', 'note')].filter(
    (part) => part !== null,
  )
  return parts.length === 0 ? 'no findings' : parts.join(', ')
}
