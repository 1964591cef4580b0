// Findings that stop a project before any target is asked: what the files say, names of services and targets on the command line.
import type { Service } from '../model/app.ts'
import type { Diagnostic } from '../model/diagnostic.ts'
import type { Target } from '../model/fleet.ts'
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
  ...unpushable(project),
]

/** Built images stay on this machine: nothing pushes them yet. */
const unpushable = ({ app, fleet }: Project): readonly Diagnostic[] =>
  app.services.flatMap((service) => {
    const away = fleet.targets.filter((t) => t.provider !== 'local' && mayRun(service, t)).map((t) => t.name)
    if (service.build === null || away.length === 0) return []
    return [
      {
        code: 'SP3211',
        severity: 'error',
        message: `${service.name} is built from source and could run on ${away.join(', ')}, but built images are not pushed yet`,
        hint: 'build and push it yourself and name it as image: without build:, or keep it here with x-stormport.targets',
        service: service.name,
        span: service.spans['build'] ?? service.span,
      },
    ]
  })

const mayRun = ({ extension }: Service, target: Target): boolean =>
  extension.targets === null ||
  extension.targets.some((each) => ('name' in each ? each.name === target.name : each.site === target.site))

const unknown = (asked: readonly string[] | null, known: readonly string[], what: string): readonly Diagnostic[] =>
  (asked ?? [])
    .filter((name) => !known.includes(name))
    .map((name) => ({
      code: 'SP3220',
      severity: 'error',
      message: `there is no ${what} ${name}`,
      hint: `known: ${known.join(', ') || 'none'}`,
    }))
