// The real bindings: each loads its part of the package when it is first asked for.
import type { LoadOptions } from '../../core/config/types.ts'
import type { Bindings, Reading } from '../bindings.ts'
import { packageVersion } from '../version.ts'
import type { Environment } from './environment.ts'
import { daemonRuntime } from './runtime.ts'

export const createBindings = (): Bindings => ({
  loadProject: async (reading) => {
    const { loadProject, notYet } = await import('../../core/config/index.ts')
    const { options, environment } = reading
    const { loaded, fleet, app, diagnostics } = loadProject(
      { ...loadOptions(reading, true), config: options.config, targets: options.targets },
      environment.files,
    )
    return { compose: loaded, fleet, app, diagnostics: [...diagnostics, ...notYet(fleet, app)] }
  },
  loadCompose: async (reading, confine) => {
    const { loadCompose } = await import('../../core/config/compose/index.ts')
    return loadCompose(loadOptions(reading, confine), reading.environment.files)
  },
  loadFleet: async ({ options, environment: { cwd, env, files } }, composeFile) => {
    const { loadFleet } = await import('../../core/config/fleet.ts')
    return loadFleet({ workingDir: cwd, file: options.config, composeFile, env, files })
  },
  createEngine: async (environment, deps) => (await import('./engine.ts')).openEngine(environment, deps),
  daemon: async (environment) =>
    (await import('../../providers/local/control.ts')).createDaemonControl(controlOptions(environment)),
})

export const controlOptions = ({
  stateDir,
  env,
}: Environment): {
  readonly home: string
  readonly version: string
  readonly runtime: ReturnType<typeof daemonRuntime>
  readonly env: Environment['env']
} => ({
  home: stateDir,
  version: packageVersion(),
  runtime: daemonRuntime(),
  env,
})

const loadOptions = ({ options, environment: { cwd, env } }: Reading, confine: boolean): LoadOptions => ({
  workingDir: cwd,
  files: options.files,
  env,
  envFiles: options.envFiles,
  profiles: options.profiles,
  projectName: options.projectName,
  projectRoot: options.projectRoot,
  allowPaths: options.allowPaths,
  confine,
})
