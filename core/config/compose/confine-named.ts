// Files and folders that are read later, by builds and for configs and secrets: they must be inside the project too.
import { isMap, isText, type MapNode, mapAt, type Node } from './node.ts'
import { isRemoteContext } from './resolve-paths.ts'
import type { Session } from './session.ts'

export const confineNamedFiles = (session: Session, root: MapNode): void => {
  const check = (node: Node | undefined): void => {
    if (isText(node) && node.value !== '') session.confinement.allows(node.value, node.at)
  }
  for (const service of mapAt(root, 'services')?.entries.values() ?? []) checkBuild(service, check)
  for (const section of ['configs', 'secrets']) {
    for (const object of mapAt(root, section)?.entries.values() ?? []) {
      check(isMap(object) ? object.entries.get('file') : undefined)
    }
  }
}

const checkBuild = (service: Node, check: (node: Node | undefined) => void): void => {
  const build = mapAt(service, 'build')
  const contexts = [build?.entries.get('context'), ...(mapAt(build, 'additional_contexts')?.entries.values() ?? [])]
  for (const context of contexts) if (isText(context) && !isRemoteContext(context.value)) check(context)
}
