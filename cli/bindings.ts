// What the command line is bound to: the loader, the engine, the daemon's control. Loaded when first used, so that a
// verb pays only for what it needs; tests bind stand-ins.
import type { LoadedFleet, LoadedProject } from '../core/config/types.ts'
import type { Engine } from '../core/engine/api.ts'
import type { App } from '../core/model/app.ts'
import type { Diagnostic } from '../core/model/diagnostic.ts'
import type { Fleet } from '../core/model/fleet.ts'
import type { Confirm } from '../core/ports.ts'
import type { DaemonControl } from '../providers/local/control.ts'
import type { Environment } from './context/environment.ts'
import type { Plugins } from './context/plugins.ts'
import type { Options } from './options.ts'

/** Where files are looked for and what the command line says about them. */
export interface Reading {
  readonly options: Options
  readonly environment: Environment
}

export interface Loaded {
  readonly compose: LoadedProject
  /** null when the diagnostics hold errors that leave none. */
  readonly app: App | null
  readonly fleet: Fleet
  readonly diagnostics: readonly Diagnostic[]
}

export interface EngineInput {
  readonly confirm: Confirm
  /** As lock holders show it. */
  readonly command: string
  /** Whose engine holds and builds images; asked for when an image is. */
  readonly fleet: () => Promise<Fleet>
  /** Credential plugins that may run, and how to ask; absent: nobody is asked. */
  readonly plugins?: Plugins
}

export interface Bindings {
  /** Compose files, stormport.yaml and x-stormport, checked together. */
  readonly loadProject: (reading: Reading) => Promise<Loaded>
  /** Compose files alone; `confine: false` reads them as Docker Compose does. */
  readonly loadCompose: (reading: Reading, confine: boolean) => Promise<LoadedProject>
  /** stormport.yaml alone: beside the compose file, else in the working directory. */
  readonly loadFleet: (reading: Reading, composeFile: string | null) => Promise<LoadedFleet>
  readonly createEngine: (environment: Environment, input: EngineInput) => Promise<Engine>
  readonly daemon: (environment: Environment) => Promise<DaemonControl>
}
