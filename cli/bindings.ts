// What the command line is bound to: the loader, the engine, the daemon's control. Loaded when first used, so that a
// verb pays only for what it needs; tests bind stand-ins.
import type { LoadedFleet, LoadedProject } from '../core/config/types.ts'
import type { Engine, EngineDeps } from '../core/engine/api.ts'
import type { App } from '../core/model/app.ts'
import type { Diagnostic } from '../core/model/diagnostic.ts'
import type { Fleet } from '../core/model/fleet.ts'
import type { Files } from '../core/ports.ts'
import type { Environment } from './context/environment.ts'
import type { Options } from './options.ts'

/** Where files are looked for and what they may say. */
export interface Reading {
  readonly options: Options
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly files: Files
}

export interface Loaded {
  readonly compose: LoadedProject
  /** null when diagnostics hold errors that leave none. */
  readonly app: App | null
  readonly fleet: Fleet
  readonly diagnostics: readonly Diagnostic[]
}

export interface DaemonStatus {
  readonly running: boolean
  readonly pid: number | null
  readonly version: string | null
  readonly socket: string | null
  readonly startedAt: string | null
  readonly nodes: readonly { readonly name: string; readonly driver: string; readonly reachable: boolean }[]
}

export interface DaemonControl {
  status(signal: AbortSignal): Promise<DaemonStatus>
  start(signal: AbortSignal): Promise<DaemonStatus>
  stop(options: { readonly all: boolean }, signal: AbortSignal): Promise<{ readonly stopped: boolean }>
}

export interface Bindings {
  /** Compose files, stormport.yaml and x-stormport, checked together. */
  readonly loadProject: (reading: Reading) => Promise<Loaded>
  /** Compose files alone, as Docker Compose reads them: nothing is confined. */
  readonly loadCompose: (reading: Reading) => Promise<LoadedProject>
  readonly loadFleet: (reading: Reading) => Promise<LoadedFleet>
  readonly createEngine: (environment: Environment, deps: Pick<EngineDeps, 'confirm'>) => Promise<Engine>
  readonly daemon: (environment: Environment) => Promise<DaemonControl>
}
