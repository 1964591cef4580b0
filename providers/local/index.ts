// The adapter of local targets: a client of the daemon, and the pure parts (render, verdicts) that need none.

export { createDaemonControl, type DaemonControl, type DaemonStatus } from './control.ts'
export { localPaths, stateHome } from './paths.ts'
export { createLocalProvider, type LocalProviderOptions } from './provider.ts'
export type { DaemonRuntime } from './runtime.ts'
