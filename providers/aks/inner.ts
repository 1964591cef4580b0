// The few objects inside a cluster that are part of its infrastructure, by the same way in as workloads.
import { type ClusterAccess, createKubeApi } from '../kubernetes/index.ts'
import { accessTo } from './access.ts'
import type { AksTarget } from './clusters.ts'

export interface InnerApi {
  /** null: not there. */
  read(path: string, signal: AbortSignal): Promise<Readonly<Record<string, unknown>> | null>
  apply(path: string, body: object, signal: AbortSignal): Promise<void>
  remove(path: string, signal: AbortSignal): Promise<void>
  close(): void
}

export type OpenInner = (access: ClusterAccess) => InnerApi

export const withInner = async <T>(
  aks: AksTarget,
  work: (api: InnerApi) => Promise<T>,
  signal: AbortSignal,
): Promise<T> => {
  const api = aks.openInner(await accessTo(aks, signal))
  try {
    return await work(api)
  } finally {
    api.close()
  }
}

const MANAGER = 'stormport'

export const openInner: OpenInner = (access) => {
  const api = createKubeApi(access, { mode: 'never', allowed: [], ask: null, env: {} })
  return {
    read: (path, signal) => api.find(path, signal),
    apply: async (path, body, signal) => {
      const query = { fieldManager: MANAGER, force: 'true' }
      await api.send({ method: 'PATCH', path, query, body, contentType: 'application/apply-patch+yaml' }, signal)
    },
    remove: async (path, signal) => {
      await api.ask({ method: 'DELETE', path }, signal)
    },
    close: () => api.close(),
  }
}
