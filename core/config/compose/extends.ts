// `extends`: a service that starts from another one, of the same file or of another, however long the chain.

import { parentOf } from './go-text.ts'
import { loadExtendedFile } from './load-file.ts'
import { merge } from './merge.ts'
import { clone, isMap, isText, type MapNode, markOf, type Node } from './node.ts'
import { applyResets, type ResetPath } from './resets.ts'
import type { ExtendedFile, Scope, Session } from './session.ts'
import { below, folderOf } from './session.ts'

export interface Extending {
  readonly root: MapNode
  readonly resets: readonly ResetPath[]
  readonly file: string
}

export const applyExtends = (session: Session, scope: Scope, extending: Extending): void => {
  for (const section of ['services', 'jobs']) {
    const services = extending.root.entries.get(section)
    if (!isMap(services)) continue
    for (const name of [...services.entries.keys()]) {
      extendService(session, scope, { name, services, resets: extending.resets, file: extending.file, chain: [] })
    }
  }
}

interface Link {
  readonly name: string
  readonly services: MapNode
  readonly resets: readonly ResetPath[]
  /** The file that the run began with: links inside extended files name it too. */
  readonly file: string
  readonly chain: readonly string[]
}

/** The service with all that it extends; undefined when it is null or was refused. */
const extendService = (session: Session, scope: Scope, link: Link): Node | undefined => {
  const service = link.services.entries.get(link.name)
  if (!isMap(service)) return service?.kind === 'null' ? undefined : service
  const extension = service.entries.get('extends')
  if (extension === undefined) return service
  const base = findBase(session, scope, { link, extension })
  if (base === undefined) {
    service.entries.delete('extends')
    session.damaged.add(link.name)
    return service
  }
  if (!isMap(base.service)) return service
  const source = clone(base.service)
  applyResets(source, link.resets, ['services', link.name])
  const merged = merge(source, service, { path: ['services', link.name], findings: session.findings })
  if (isMap(merged)) merged.entries.delete('extends')
  link.services.entries.set(link.name, merged)
  return merged
}

interface Step {
  readonly link: Link
  readonly extension: Node
}

const findBase = (session: Session, scope: Scope, step: Step): { readonly service: Node | undefined } | undefined => {
  const { link, extension } = step
  const fail = (message: string): undefined => {
    const where = { at: markOf(extension), service: link.name }
    session.findings.error('SP1012', `service ${link.name} cannot extend: ${message}`, where)
    return undefined
  }
  const target = readTarget(extension)
  if (target === undefined) return fail('service is required')
  const from = target.file === undefined ? undefined : extendedFile(session, scope, target.file)
  if (target.file !== undefined && from === undefined) return undefined
  const services = from === undefined ? link.services : servicesOf(from)
  if (services === undefined) return fail(`${target.file?.value} has no services`)
  if (!services.entries.has(target.service)) {
    return fail(`there is no service ${target.service}${from === undefined ? '' : ` in ${target.file?.value}`}`)
  }
  const id = `${target.file?.value ?? link.file}\0${link.name}`
  if (link.chain.includes(id)) return fail('the chain leads back to its start')
  const next = { name: target.service, services, resets: from?.resets ?? link.resets, file: link.file }
  return { service: extendService(session, scope, { ...next, chain: [...link.chain, id] }) }
}

const servicesOf = (file: ExtendedFile): MapNode | undefined => {
  const services = file.root.entries.get('services')
  return isMap(services) ? services : undefined
}

interface Target {
  readonly service: string
  readonly file: { readonly value: string; readonly node: Node } | undefined
}

const readTarget = (extension: Node): Target | undefined => {
  if (isText(extension)) return { service: extension.value, file: undefined }
  if (!isMap(extension)) return undefined
  const service = extension.entries.get('service')
  const file = extension.entries.get('file')
  if (!isText(service)) return undefined
  if (file === undefined || file.kind === 'null') return { service: service.value, file: undefined }
  return isText(file) ? { service: service.value, file: { value: file.value, node: file } } : undefined
}

/** Read once for all services that extend from it; each gets a copy to change. */
const extendedFile = (session: Session, scope: Scope, file: NonNullable<Target['file']>): ExtendedFile | undefined => {
  const local = below(scope.loaderDir, file.value)
  const folder = folderOf(session, scope, file.value)
  const key = `${local}\0${folder}`
  const known = scope.extended.get(key)
  const inner: Scope = { ...scope, workingDir: folder, loaderDir: parentOf(local) }
  const loaded = known ?? loadExtendedFile(session, inner, { path: local, at: file.node.at })
  if (loaded === undefined) return undefined
  scope.extended.set(key, loaded)
  const copy = clone(loaded.root)
  return isMap(copy) ? { root: copy, resets: loaded.resets } : undefined
}
