// The exit status that findings stand for, when a verb only reports them.
import { exitOfFinding } from '../core/engine/gate.ts'
import { worstExit } from '../core/errors.ts'
import type { Diagnostic } from '../core/model/diagnostic.ts'

export const exitOfFindings = (findings: readonly Diagnostic[]): number =>
  worstExit(findings.filter((finding) => finding.severity === 'error').map(exitOfFinding))
