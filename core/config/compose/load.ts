// Compose files → the canonical project, equal to what `docker compose config` prints, with positions and every finding.
import { dirname, resolve } from 'node:path'
import type { ComposeProject } from '../../model/compose.ts'
import type { Files } from '../../ports.ts'
import type { LoadedProject, LoadOptions } from '../types.ts'
import { type Bounds, createConfinement, workTreeOf } from './confine.ts'
import { confineNamedFiles } from './confine-named.ts'
import { checkConsistency, type Project } from './consistency.ts'
import { type Discovered, discover } from './discover.ts'
import { resolveContainerFiles } from './env-files.ts'
import { own, readEnvFiles } from './environment.ts'
import { setExtensionsApart } from './extensions.ts'
import { createFindings, type Findings } from './findings.ts'
import { loadModel } from './load-file.ts'
import { isMap, type MapNode, map, type Node, text } from './node.ts'
import { normalize } from './normalize.ts'
import { ROOT } from './pattern.ts'
import { positionsOf, toPlain } from './plain.ts'
import { selectByProfile } from './profiles.ts'
import { projectName } from './project-name.ts'
import { type Environment, readDocuments, type Session } from './session.ts'
import { projectShape } from './shape.ts'

export const loadCompose = (options: LoadOptions, files: Files): LoadedProject => {
  const findings = createFindings()
  const setting = prepare(options, files, findings)
  const session = openSession(options, files, setting)
  const named = { ...setting, env: withName(session, setting, options) }
  const model = setting.files.length === 0 ? undefined : readModel(session, named)
  const root = model === undefined ? undefined : finish(session, named, model)
  return {
    project: root === undefined ? null : (toPlain(root) as ComposeProject),
    positions: positionsOf(root),
    files: session.loaded.length > 0 ? session.loaded : setting.files,
    overrideFile: setting.overrideFile,
    environment: named.env,
    workingDir: setting.workingDir,
    projectRoot: setting.bounds.roots[0] ?? setting.workingDir,
    roots: setting.bounds.roots.slice(1),
    diagnostics: findings.sorted(),
  }
}

interface Setting extends Discovered {
  readonly findings: Findings
  readonly env: Environment
  readonly workingDir: string
  readonly bounds: Bounds
  readonly profiles: readonly string[]
}

const openSession = (options: LoadOptions, files: Files, setting: Setting): Session => ({
  files,
  findings: setting.findings,
  cwd: options.workingDir,
  home: options.env['HOME'],
  confinement: createConfinement(setting.bounds, files, setting.findings),
  loaded: [],
  damaged: new Set(),
  included: new Map(),
  documents: new Map(),
})

/** Where to look and with which variables: .env is read before discovery, as it may hold COMPOSE_FILE, and after it. */
const prepare = (options: LoadOptions, files: Files, findings: Findings): Setting => {
  const process: Environment = { PWD: options.workingDir, ...options.env }
  const named = options.envFiles.length > 0 ? options.envFiles : (process['COMPOSE_ENV_FILES']?.split(',') ?? [])
  const session = { files, findings, cwd: options.workingDir, confinement: { allows: () => true } }
  const read = (env: Environment, folder: string): Environment => {
    const own = resolve(folder, '.env')
    const implied = !isDisabled(process, findings) && files.exists(own) === 'file' ? [own] : []
    const paths = named.filter((path) => path !== '').length > 0 ? named : implied
    return {
      ...readEnvFiles(
        session,
        env,
        paths.map((path) => ({ path })),
      ),
      ...env,
    }
  }
  const first = options.files?.find((file) => file !== '-')
  const early = read(process, first === undefined ? options.workingDir : dirname(resolve(options.workingDir, first)))
  const found = discover({ named: options.files, cwd: options.workingDir, env: early }, files, findings)
  const main = found.files.find((file) => file !== '-')
  const workingDir = main === undefined ? options.workingDir : dirname(main)
  const env = named.length > 0 ? early : read(early, workingDir)
  return {
    ...found,
    findings,
    env,
    workingDir,
    bounds: boundsOf(options, files, workingDir),
    profiles: profilesOf(options, env),
  }
}

const isDisabled = (env: Environment, findings: Findings): boolean => {
  const value = env['COMPOSE_DISABLE_ENV_FILE']
  if (value === undefined) return false
  if (!/^(?:1|t|true|0|f|false)$/i.test(value)) {
    findings.error('SP1008', 'COMPOSE_DISABLE_ENV_FILE must be true or false')
  }
  return /^(?:1|t|true)$/i.test(value)
}

const profilesOf = (options: LoadOptions, env: Environment): readonly string[] =>
  options.profiles.length > 0 ? options.profiles : (own(env, 'COMPOSE_PROFILES') ?? '').split(',').map((p) => p.trim())

const boundsOf = (options: LoadOptions, files: Files, workingDir: string): Bounds => {
  const tree = workTreeOf(workingDir, files)
  const wider = options.projectRoot === null ? [] : [resolve(options.workingDir, options.projectRoot)]
  const folders = (options.files ?? [])
    .filter((file) => file !== '-')
    .map((file) => dirname(resolve(options.workingDir, file)))
  return {
    roots: [...new Set([...wider, tree, ...folders])],
    allowPaths: options.allowPaths.map((path) => resolve(options.workingDir, path)),
    confine: options.confine,
  }
}

/** The variables with COMPOSE_PROJECT_NAME, which is '' where there is no name. */
const withName = (session: Session, setting: Setting, options: LoadOptions): Environment => {
  const documents = setting.files.flatMap((file) => readDocuments(session, file) ?? [])
  const { env, workingDir, findings } = setting
  if (setting.files.length === 0) return env
  const name = projectName({ explicit: options.projectName, env, workingDir, documents }, findings)
  return { ...env, COMPOSE_PROJECT_NAME: name }
}

/** The merged and normalized tree; undefined when there is nothing to go on with. */
const readModel = (session: Session, { env, ...setting }: Setting): MapNode | undefined => {
  const scope = { workingDir: setting.workingDir, loaderDir: setting.workingDir, env, extended: new Map() }
  const model = loadModel(session, scope, { files: setting.files.map((path) => ({ path })), included: [] })
  if (model.entries.size === 0) {
    if (!setting.findings.failed) setting.findings.error('SP1103', 'the Compose file is empty')
    return undefined
  }
  model.entries.set('name', text(own(env, 'COMPOSE_PROJECT_NAME') ?? '', model.entries.get('name') ?? model))
  normalize(model, env, setting.findings)
  return model
}

/** Typed, selected by profile, checked, with the values of its environment files. */
const finish = (session: Session, setting: Setting, model: MapNode): MapNode | undefined => {
  setExtensionsApart(model)
  const shaped = projectShape(model, { findings: session.findings, trail: ROOT, owner: model })
  if (!isMap(shaped)) return undefined
  const project = select(session, shaped, setting.profiles)
  checkConsistency(project)
  for (const service of project.services.entries.values()) {
    if (isMap(service)) resolveContainerFiles(session, service, setting.env)
  }
  confineNamedFiles(session, shaped)
  return shaped
}

const select = (session: Session, root: MapNode, profiles: readonly string[]): Project => {
  const section = (key: string): MapNode => {
    const found: Node | undefined = root.entries.get(key)
    return isMap(found) ? found : map([], root)
  }
  const services = selectByProfile(section('services'), profiles)
  const jobs = selectByProfile(section('jobs'), profiles)
  root.entries.set('services', services.enabled)
  if (jobs.enabled.entries.size > 0) root.entries.set('jobs', jobs.enabled)
  else root.entries.delete('jobs')
  return {
    root,
    services: services.enabled,
    disabled: services.disabled,
    jobs: jobs.enabled,
    disabledJobs: jobs.disabled,
    findings: session.findings,
    damaged: session.damaged,
  }
}
