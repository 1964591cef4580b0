// The adapter of Kubernetes targets; EKS and AKS bring their own way to a cluster and use the rest.
export type { ClusterAccess, Credential, UserAuth } from './client/access.ts'
export { createKubeApi } from './client/api.ts'
export { createManagedProvider, type ManagedPhase, rememberedBy } from './managed.ts'
export { createKubernetesProvider, type KubernetesProviderOptions } from './provider.ts'
export { rbac } from './rbac.ts'
