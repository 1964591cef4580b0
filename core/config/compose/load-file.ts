// One Compose file on top of those before it: read, fill in variables, include, extend, merge, check, make canonical.
import { promoteAliases, withAliases } from './aliases.ts'
import { canonical, omitEmpty } from './canonical.ts'
import { setDefaults } from './defaults.ts'
import { applyExtends } from './extends.ts'
import { applyIncludes } from './include.ts'
import { interpolate } from './interpolate.ts'
import { merge } from './merge.ts'
import { isMap, type MapNode, type Mark, text } from './node.ts'
import { ROOT } from './pattern.ts'
import { applyResets, type ResetPath } from './resets.ts'
import { resolvePaths } from './resolve-paths.ts'
import { composeFile } from './schema.ts'
import { checkSchema } from './schema-check.ts'
import { type Environment, type ExtendedFile, noteLoaded, readDocuments, type Scope, type Session } from './session.ts'
import { enforceUnique } from './unique.ts'
import { validate } from './validate.ts'
import type { YamlDocument } from './yaml-expand.ts'

export interface FileRef {
  readonly path: string
  /** Where the file is named; absent for the user's own choice, which is not confined. */
  readonly at?: Mark | undefined
}

const origin: Mark = { source: { file: '', locate: () => ({ line: 1, column: 1 }) }, start: 0, end: 0 }

/** Files that are merged in their order, with what is added when all are known. */
export const loadModel = (
  session: Session,
  scope: Scope,
  input: { readonly files: readonly FileRef[]; readonly included: readonly string[] },
): MapNode => {
  let model: MapNode = { at: origin, kind: 'map', entries: new Map() }
  for (const file of input.files) model = loadFile(session, scope, { file, model, included: input.included })
  setDefaults(model)
  validate(model, session.findings)
  resolvePaths(model, pathBase(session, scope.workingDir))
  resolveBareVariables(model, scope.env)
  return model
}

export const pathBase = (session: Session, workingDir: string) => ({
  workingDir,
  home: session.home,
  findings: session.findings,
  realpath: (path: string) => session.files.realpath(path),
})

interface Load {
  readonly file: FileRef
  readonly model: MapNode
  readonly included: readonly string[]
}

const loadFile = (session: Session, scope: Scope, load: Load): MapNode => {
  const documents = readDocuments(session, load.file.path, load.file.at)
  if (documents !== undefined) noteLoaded(session, load.file.path)
  let model = load.model
  const included = [...load.included]
  for (const document of documents ?? []) {
    included.push(load.file.path)
    model = loadDocument(session, scope, { ...load, model, included: [...included], document })
  }
  return model
}

interface DocumentLoad extends Load {
  readonly document: YamlDocument
}

const loadDocument = (session: Session, scope: Scope, load: DocumentLoad): MapNode => {
  const root = prepare(session, scope, load.document)
  if (root === undefined) return load.model
  const resets = withAliases(load.document.resets)
  promoteAliases(root, session.findings)
  applyIncludes(session, scope, { root, resets, included: load.included })
  applyResets(load.model, resets)
  applyExtends(session, scope, { root, resets, file: load.file.path })
  return check(session, merge(load.model, root, { path: [], findings: session.findings }))
}

const prepare = (session: Session, scope: Scope, document: YamlDocument): MapNode | undefined => {
  const { root } = document
  if (!isMap(root)) {
    session.findings.error('SP1102', 'the file must be a mapping', { at: root.at })
    return undefined
  }
  const lookup = (name: string): string | undefined => (Object.hasOwn(scope.env, name) ? scope.env[name] : undefined)
  const filled = interpolate(root, { lookup, findings: session.findings })
  return isMap(filled) ? filled : undefined
}

const check = (session: Session, merged: ReturnType<typeof merge>): MapNode => {
  const model: MapNode = isMap(merged) ? merged : { at: merged.at, kind: 'map', entries: new Map() }
  enforceUnique(model)
  checkSchema(model, composeFile, { findings: session.findings, damaged: session.damaged, trail: ROOT })
  const version = model.entries.get('version')
  if (version !== undefined) {
    session.findings.warn('SP1013', 'version is obsolete and has no effect', { at: version.keyAt ?? version.at })
    model.entries.delete('version')
  }
  return tidy(session, model)
}

const tidy = (session: Session, model: MapNode): MapNode => {
  canonical(model, session.findings)
  omitEmpty(model)
  enforceUnique(model, session.findings)
  return model
}

/** A file that services extend: not checked here, for only what is taken from it counts. */
export const loadExtendedFile = (session: Session, scope: Scope, file: FileRef): ExtendedFile | undefined => {
  const documents = readDocuments(session, file.path, file.at)
  if (documents === undefined) return undefined
  noteLoaded(session, file.path)
  let model: MapNode = { at: origin, kind: 'map', entries: new Map() }
  let resets: readonly ResetPath[] = []
  for (const document of documents) {
    const root = prepare(session, scope, document)
    if (root === undefined) return undefined
    resets = withAliases(document.resets)
    promoteAliases(root, session.findings)
    applyResets(model, resets)
    const merged = merge(model, root, { path: [], findings: session.findings })
    enforceUnique(merged)
    if (isMap(merged)) model = tidy(session, merged)
  }
  resolvePaths(model, pathBase(session, scope.workingDir))
  return { root: model, resets }
}

/** `environment: [KEY]` takes its value from the variables of its own files. */
const resolveBareVariables = (model: MapNode, env: Environment): void => {
  for (const section of ['services', 'jobs']) {
    const containers = model.entries.get(section)
    if (containers?.kind !== 'map') continue
    for (const container of containers.entries.values()) {
      const list = container.kind === 'map' ? container.entries.get('environment') : undefined
      if (list?.kind !== 'list') continue
      const items = list.items.map((item) => {
        if (item.kind !== 'string' || !Object.hasOwn(env, item.value)) return item
        const value = text(`${item.value}=${env[item.value]}`, item)
        return { ...value, origin: { kind: 'environment', variable: item.value } as const }
      })
      list.items.splice(0, list.items.length, ...items)
    }
  }
}
