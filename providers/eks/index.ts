// The adapter of EKS targets.
export { type ExecCredential, execCredential, type TokenOf } from './exec-credential.ts'
export { createEksProvider, type EksProviderOptions } from './provider.ts'
