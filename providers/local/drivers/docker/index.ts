// What the daemon and the command line use of the Docker driver.
export { type BuilderOptions, createBuilder } from './build/builder.ts'
export { createDockerCredentials } from './credentials.ts'
export { createDockerDriver, type DockerDriver } from './driver.ts'
export { claimEngine, releaseEngine } from './owner.ts'
