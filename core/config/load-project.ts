// Everything that the user's files say, in one call: the canonical project, the fleet, the app and every finding, sorted
// as a reader meets them.
import { dirname, resolve } from 'node:path'
import type { App } from '../model/app.ts'
import { bySpan, type Diagnostic } from '../model/diagnostic.ts'
import type { Fleet } from '../model/fleet.ts'
import type { Files } from '../ports.ts'
import { buildApp } from './app.ts'
import { loadCompose } from './compose/index.ts'
import { loadFleet } from './fleet.ts'
import { didYouMean } from './suggest.ts'
import type { LoadedProject, LoadOptions } from './types.ts'

export interface ProjectOptions extends LoadOptions {
  /** --config: path of stormport.yaml; null: beside the first compose file, else in the working directory. */
  readonly config: string | null
  /** --target; null: every target. */
  readonly targets: readonly string[] | null
}

export interface ProjectFiles {
  readonly loaded: LoadedProject
  readonly fleet: Fleet
  /** null when diagnostics hold an error. */
  readonly app: App | null
  readonly diagnostics: readonly Diagnostic[]
}

export const loadProject = (options: ProjectOptions, files: Files): ProjectFiles => {
  const roots = (options.files ?? [])
    .filter((file) => file !== '-')
    .map((file) => dirname(resolve(options.workingDir, file)))
  const loaded: LoadedProject = { roots, ...loadCompose(options, files) }
  const { fleet, diagnostics: fleetFindings } = loadFleet({
    workingDir: options.workingDir,
    file: options.config,
    composeFile: loaded.files[0] ?? null,
    env: options.env,
    files,
  })
  const built = buildApp(loaded, fleet, files)
  const selection = [
    ...unknownTargets(fleet, options.targets),
    ...overrideRefusal({ loaded, fleet, targets: options.targets }),
  ]
  const diagnostics = [...loaded.diagnostics, ...fleetFindings, ...built.diagnostics, ...selection].sort(bySpan)
  const failed = diagnostics.some((diagnostic) => diagnostic.severity === 'error')
  return { loaded, fleet, app: failed ? null : built.app, diagnostics }
}

const unknownTargets = (fleet: Fleet, targets: readonly string[] | null): readonly Diagnostic[] => {
  const names = fleet.targets.map((target) => target.name)
  return (targets ?? [])
    .filter((name) => !names.includes(name))
    .map((name) => ({
      code: 'SP1312',
      severity: 'error',
      message: `there is no target ${name}`,
      hint: didYouMean(name, names) ?? `the targets are ${names.join(', ')}`,
    }))
}

/** A file that merges itself in must not reach another machine unseen (DESIGN section 1, Override files). */
export const overrideRefusal = ({
  loaded,
  fleet,
  targets,
}: {
  readonly loaded: LoadedProject
  readonly fleet: Fleet
  readonly targets: readonly string[] | null
}): readonly Diagnostic[] => {
  const remote = fleet.targets.find((target) => !target.here && (targets === null || targets.includes(target.name)))
  if (loaded.overrideFile === null || remote === undefined) return []
  const base = loaded.files.find((file) => file !== loaded.overrideFile) ?? 'compose.yaml'
  return [
    {
      code: 'SP1326',
      severity: 'error',
      message: `${loaded.overrideFile} was found and merged by itself, but target ${remote.name} is not this machine`,
      hint: `leave it out with --file ${base}, or name both: --file ${base} --file ${loaded.overrideFile}`,
      span: { file: loaded.overrideFile, line: 1, column: 1 },
      target: remote.name,
    },
  ]
}
