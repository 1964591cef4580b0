// From loaded files to the engine's project: with errors it is refused, all findings together.
import type { Project } from '../core/engine/api.ts'
import { StormportError } from '../core/errors.ts'
import { bySpan, type Diagnostic, hasErrors } from '../core/model/diagnostic.ts'
import type { Loaded } from './bindings.ts'
import type { Environment } from './context/environment.ts'
import { readSource } from './context/git.ts'
import { originOf } from './context/origin.ts'

/** For deploy and plan: the project with where it comes from. */
export const loadedProject = async (loaded: Loaded, environment: Environment): Promise<Project> => {
  const project = checkedProject(loaded)
  const { projectRoot, workingDir } = loaded.compose
  const [origin, source] = await Promise.all([
    originOf(projectRoot, workingDir, environment.stateDir),
    readSource(projectRoot),
  ])
  return { ...project, origin, source }
}

/** For verbs that only read: nothing is asked of git, nothing is written. */
export const checkedProject = ({ app, fleet, diagnostics }: Loaded): Project => {
  if (app === null || hasErrors(diagnostics)) throw brokenFiles(diagnostics)
  return { app, fleet, origin: '', source: { commit: null, ref: null, dirty: false }, diagnostics }
}

export const brokenFiles = (diagnostics: readonly Diagnostic[]): StormportError => {
  const sorted = [...diagnostics].sort(bySpan)
  const errors = sorted.filter((finding) => finding.severity === 'error')
  const first = errors[0]
  const message = errors.length === 1 && first !== undefined ? first.message : `${errors.length} errors in the files`
  return new StormportError('BadInput', message, {
    source: 'user',
    findings: sorted,
    ...(first === undefined ? {} : { diagnostic: first.code }),
    ...(first?.span === undefined ? {} : { span: first.span }),
    ...(first?.hint === undefined ? {} : { hint: first.hint }),
  })
}
