// The config layer's public face: text of the user's files → canonical project, fleet, app and findings.
export { type BuiltApp, buildApp } from './app.ts'
export { isSecretKey, SECRET_KEY } from './app-secrets.ts'
export { loadCompose, printable } from './compose/index.ts'
export { type FleetOptions, loadFleet } from './fleet.ts'
export { jsonSchema, type SchemaName, schemaNames } from './json-schema.ts'
export { loadProject, overrideRefusal, type ProjectFiles, type ProjectOptions } from './load-project.ts'
export { notYet } from './not-yet.ts'
export type { LoadedFleet, LoadedProject, LoadOptions, Origin, Path, Positions } from './types.ts'
