// The adapter of AKS targets.
export type { AzureCloud } from './client.ts'
export { type AksProviderOptions, createAksProvider } from './provider.ts'
