// Findings as verbs treat them: each said once, and the exit status that they stand for together.
import { exitOfFinding } from '../core/engine/gate.ts'
import { worstExit } from '../core/errors.ts'
import type { Diagnostic } from '../core/model/diagnostic.ts'

export const exitOfFindings = (findings: readonly Diagnostic[]): number =>
  worstExit(findings.filter((finding) => finding.severity === 'error').map(exitOfFinding))

/** A plan is made twice, before and under the lock, and files are read by several parts: equal findings are one. */
export const uniqueFindings = (findings: readonly Diagnostic[]): readonly Diagnostic[] => [
  ...new Map(findings.map((finding) => [JSON.stringify(finding), finding])).values(),
]
