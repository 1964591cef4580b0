// The adapter of EKS targets.
export { createEksProvider, type EksProviderOptions } from './provider.ts'
