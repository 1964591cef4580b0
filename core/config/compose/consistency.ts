// Whether the parts of a project fit together: references that lead somewhere, names that are unique, two keys that say
// the same thing alike. Only services that take part are looked at.
import type { ConfigCode } from '../../model/codes/config.ts'
import { checkService } from './consistency-service.ts'
import { checkCycles } from './cycles.ts'
import type { Findings } from './findings.ts'
import { isMap, type MapNode, mapAt, markOf, type Node, textAt } from './node.ts'

export interface Project {
  readonly root: MapNode
  readonly services: MapNode
  readonly disabled: MapNode
  readonly jobs: MapNode
  readonly disabledJobs: MapNode
  readonly findings: Findings
  /** Services that lost something to an earlier finding. */
  readonly damaged: ReadonlySet<string>
}

export const checkConsistency = (project: Project): void => {
  for (const [name, service] of project.services.entries) if (isMap(service)) checkService(project, name, service)
  checkJobs(project)
  checkSecrets(project)
  checkContainerNames(project)
  checkCycles(project)
}

const checkJobs = (project: Project): void => {
  for (const jobs of [project.jobs, project.disabledJobs]) {
    for (const [name, job] of jobs.entries) {
      if (!project.services.entries.has(name) && !project.disabled.entries.has(name)) continue
      report(project, job, { code: 'SP1115', message: `${JSON.stringify(name)} is both a service and a job` })
    }
  }
  for (const [name, job] of project.jobs.entries) checkJobDependencies(project, name, job)
}

const checkJobDependencies = (project: Project, name: string, job: Node): void => {
  for (const [target, how] of mapAt(job, 'depends_on')?.entries ?? []) {
    if (project.jobs.entries.has(target) || project.services.entries.has(target)) continue
    if (project.disabled.entries.has(target) && !isRequired(how)) continue
    report(project, how, {
      code: 'SP1111',
      message: `job ${name} depends on ${target}, which is not defined or not active`,
    })
  }
}

export const isRequired = (dependency: Node): boolean => {
  const required = isMap(dependency) ? dependency.entries.get('required') : undefined
  return required?.kind === 'bool' && required.value
}

const checkSecrets = (project: Project): void => {
  for (const [name, secret] of mapAt(project.root, 'secrets')?.entries ?? []) {
    const external = isMap(secret) ? secret.entries.get('external') : undefined
    if (external?.kind === 'bool' && external.value) continue
    if (textAt(secret, 'file') !== undefined || textAt(secret, 'environment') !== undefined) continue
    report(project, secret, { code: 'SP1103', message: `secret ${name} needs file or environment` })
  }
}

const checkContainerNames = (project: Project): void => {
  const names = new Map<string, string>()
  for (const [service, value] of project.services.entries) {
    const container = isMap(value) ? value.entries.get('container_name') : undefined
    if (container?.kind !== 'string') continue
    const first = names.get(container.value)
    if (first === undefined) names.set(container.value, service)
    else
      report(project, container, {
        code: 'SP1115',
        message: `${first} and ${service} have the same container name`,
      })
  }
}

export interface Breach {
  readonly code: ConfigCode
  readonly message: string
}

export const report = (project: Project, node: Node, { code, message }: Breach): void =>
  project.findings.error(code, message, { at: markOf(node) })
