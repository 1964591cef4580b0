// Findings that stop a project before any target is asked: what the files say, names of services and targets on the command line.
import type { Diagnostic } from '../model/diagnostic.ts'
import type { PlanRequest, Project } from './api.ts'

export const findingsOf = (
  project: Project,
  request: Pick<PlanRequest, 'services' | 'targets'>,
): readonly Diagnostic[] => [
  ...project.diagnostics.filter((d) => d.severity === 'error'),
  ...unknown(
    request.services,
    project.app.services.map((s) => s.name),
    'service',
  ),
  ...unknown(
    request.targets,
    project.fleet.targets.map((t) => t.name),
    'target',
  ),
]

const unknown = (asked: readonly string[] | null, known: readonly string[], what: string): readonly Diagnostic[] =>
  (asked ?? [])
    .filter((name) => !known.includes(name))
    .map((name) => ({
      code: 'SP3220',
      severity: 'error',
      message: `there is no ${what} ${name}`,
      hint: `known: ${known.join(', ') || 'none'}`,
    }))
