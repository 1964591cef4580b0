// Services that wait for each other in a circle, and services that wait for one whose profile is not active.
import { isRequired, type Project, report } from './consistency.ts'
import { mapAt, type Node } from './node.ts'

/** Every circle is reported once, beginning with the name that sorts first. */
export const checkCycles = (project: Project): void => {
  const names = [...project.services.entries.keys()].sort()
  const done = new Set<string>()
  for (const name of names) visit({ project, path: [], done }, name)
}

interface Walk {
  readonly project: Project
  readonly path: readonly string[]
  readonly done: Set<string>
}

const visit = (walk: Walk, name: string): void => {
  if (walk.done.has(name)) return
  const path = [...walk.path, name]
  for (const [next, how] of dependencies(walk.project, name)) {
    const at = path.indexOf(next)
    if (at >= 0) {
      report(walk.project, how, {
        code: 'SP1113',
        message: `dependency cycle: ${[...path.slice(at), next].join(' → ')}`,
      })
    } else if (walk.project.services.entries.has(next)) {
      visit({ ...walk, path }, next)
    } else if (walk.project.disabled.entries.has(next) && isRequired(how)) {
      report(walk.project, how, { code: 'SP1114', message: `${name} needs ${next}, whose profile is not active` })
    }
  }
  walk.done.add(name)
}

const dependencies = (project: Project, name: string): readonly (readonly [string, Node])[] => {
  const service = project.services.entries.get(name)
  const dependsOn = service === undefined ? undefined : mapAt(service, 'depends_on')
  return [...(dependsOn?.entries ?? [])].sort(([a], [b]) => (a < b ? -1 : 1))
}
