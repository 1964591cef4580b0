// Real Kubernetes clusters for tests: what a test imports.
export { type AuditedRequest, requestsOf } from './audit.ts'
export { startKubeletPlane } from './kubelet-plane.ts'
export { kubectlProgram, type Minor, missingForKubelet, missingForPlane, releaseOf } from './paths.ts'
export { startPlane } from './plane.ts'
export type * from './types.ts'
export { awaitObject } from './waits.ts'
