// `include`: other applications' files, each with its own folder and variables, brought in as a whole. What both sides
// define alike is one thing; otherwise the including file changes what it includes.
import { resolve } from 'node:path'
import { readEnvFiles } from './environment.ts'
import { joinPath, parentOf } from './go-text.ts'
import { type FileRef, loadModel } from './load-file.ts'
import { merge } from './merge.ts'
import { clone, equal, isMap, isText, type MapNode, map, type Node } from './node.ts'
import { applyResets, type ResetPath } from './resets.ts'
import { below, type Environment, folderOf, type Scope, type Session } from './session.ts'

export interface Including {
  readonly root: MapNode
  readonly resets: readonly ResetPath[]
  readonly included: readonly string[]
}

export const applyIncludes = (session: Session, scope: Scope, including: Including): void => {
  const list = including.root.entries.get('include')
  including.root.entries.delete('include')
  if (list === undefined || list.kind === 'null') return
  if (list.kind !== 'list') {
    session.findings.error('SP1011', 'include must be a list', { at: list.at })
    return
  }
  for (const entry of list.items) {
    const model = includeOne(session, scope, { entry, included: including.included })
    if (model !== undefined) bringIn(session, model, including)
  }
}

interface Inclusion {
  readonly entry: Node
  readonly included: readonly string[]
}

const includeOne = (session: Session, scope: Scope, inclusion: Inclusion): MapNode | undefined => {
  const paths = texts(inclusion.entry, 'path')
  const formed = ['env_file', 'project_directory'].every((key) => texts(inclusion.entry, key) !== undefined)
  if (paths === undefined || !formed) {
    session.findings.error('SP1011', 'include takes a path, or path, env_file and project_directory', {
      at: inclusion.entry.at,
    })
    return undefined
  }
  const files = paths.map((node) => ({ path: below(scope.loaderDir, node.value), at: node.at }))
  const main = files[0]
  if (main !== undefined && inclusion.included.includes(main.path)) {
    session.findings.error('SP1011', `include cycle: ${[...inclusion.included, main.path].join(' → ')}`, {
      at: main.at,
    })
    return undefined
  }
  const folders = foldersOf(session, scope, { entry: inclusion.entry, first: paths[0]?.value })
  const env = includedEnvironment(session, scope, {
    entry: inclusion.entry,
    projectDirectory: folders.projectDirectory,
  })
  if (env === undefined) return undefined
  const inner: Scope = { workingDir: folders.workingDir, loaderDir: folders.projectDirectory, env, extended: new Map() }
  return cached(session, inner, { files, included: inclusion.included })
}

const cached = (
  session: Session,
  scope: Scope,
  input: { readonly files: readonly FileRef[]; readonly included: readonly string[] },
): MapNode => {
  const key = JSON.stringify([input.files.map((f) => f.path), scope.workingDir, scope.loaderDir, scope.env])
  const known = session.included.get(key) ?? loadModel(session, scope, input)
  session.included.set(key, known)
  const copy = clone(known)
  return isMap(copy) ? copy : map([], known)
}

const texts = (
  entry: Node,
  key: string,
): readonly { readonly value: string; readonly at: Node['at'] }[] | undefined => {
  if (isText(entry)) return key === 'path' ? [entry] : []
  if (entry.kind === 'null' || entry.kind === 'time') return []
  const value = isMap(entry) ? entry.entries.get(key) : undefined
  if (!isMap(entry)) return undefined
  if (value === undefined || value.kind === 'null') return []
  if (isText(value)) return [value]
  if (value.kind !== 'list') return undefined
  const items = value.items.filter(isText)
  return items.length === value.items.length ? items : undefined
}

interface Folders {
  readonly workingDir: string
  readonly projectDirectory: string
}

const foldersOf = (
  session: Session,
  scope: Scope,
  include: { readonly entry: Node; readonly first: string | undefined },
): Folders => {
  const given = texts(include.entry, 'project_directory')?.[0]?.value ?? ''
  if (given.startsWith('/')) return { workingDir: given, projectDirectory: given }
  if (given !== '') {
    return { workingDir: folderOf(session, scope, given), projectDirectory: joinPath(scope.workingDir, given) }
  }
  if (include.first === undefined) return { workingDir: '', projectDirectory: '' }
  const main = below(scope.loaderDir, include.first)
  return { workingDir: folderOf(session, scope, main), projectDirectory: parentOf(main) }
}

/** The including side's variables win; undefined when a file is missing, which is reported. */
const includedEnvironment = (
  session: Session,
  scope: Scope,
  include: { readonly entry: Node; readonly projectDirectory: string },
): Environment | undefined => {
  const named = texts(include.entry, 'env_file') ?? []
  const own = joinPath(include.projectDirectory, '.env')
  const files =
    named.length > 0
      ? named.filter((f) => f.value !== '/dev/null').map((f) => ({ path: below(scope.workingDir, f.value), at: f.at }))
      : session.files.exists(resolve(session.cwd, own)) === 'file'
        ? [{ path: own, at: include.entry.at }]
        : []
  const read = readEnvFiles(session, scope.env, files)
  return read === undefined ? undefined : { ...read, ...scope.env }
}

const SECTIONS = ['services', 'jobs', 'volumes', 'networks', 'secrets', 'configs', 'models']

const bringIn = (session: Session, model: MapNode, including: Including): void => {
  for (const section of SECTIONS) {
    const from = model.entries.get(section)
    if (!isMap(from)) continue
    const to = including.root.entries.get(section) ?? map([], from)
    including.root.entries.set(section, to)
    // Anything but a mapping is refused by the schema.
    if (!isMap(to)) continue
    for (const [name, value] of from.entries) {
      const own = to.entries.get(name)
      const imported = own === undefined ? value : join(value, own, { path: [section, name], session, including })
      to.entries.set(name, imported)
    }
  }
}

interface Joining {
  readonly path: readonly [string, string]
  readonly session: Session
  readonly including: Including
}

/** A reset reaches into an included definition; the definition as a whole is never taken away. */
const join = (value: Node, own: Node, { path, session, including }: Joining): Node => {
  if (equal(own, value)) return own
  const [section, name] = path
  applyResets(map([[name, value]], value), including.resets, [section])
  return merge(value, own, { path, findings: session.findings })
}
