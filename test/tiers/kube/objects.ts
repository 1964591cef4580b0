// The few objects with which the harness is tried.
import type { PlaneApi } from '../../clusters/index.ts'

export interface Tried {
  readonly name: string
  readonly replicas?: number
  readonly container?: Readonly<Record<string, unknown>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly pod?: Readonly<Record<string, unknown>>
}

export interface DeploymentState {
  readonly status: { readonly readyReplicas?: number }
}

export interface PodList {
  readonly items: readonly {
    readonly metadata: { readonly name: string }
    readonly spec: { readonly nodeName?: string }
    readonly status: {
      readonly phase?: string
      readonly containerStatuses?: readonly { readonly state: { readonly waiting?: { readonly reason: string } } }[]
    }
  }[]
}

export const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments'
export const PODS = '/api/v1/namespaces/default/pods'

export const podsOf = (name: string): string => `${PODS}?labelSelector=app%3D${name}`

export const createDeployment = async (api: PlaneApi, tried: Tried): Promise<void> => {
  const labels = { app: tried.name }
  const container = { name: 'main', image: 'stormport.test/none:1', ...tried.container }
  await api.request('POST', DEPLOYMENTS, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: tried.name },
    spec: {
      replicas: tried.replicas ?? 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels, annotations: tried.annotations },
        spec: { containers: [container], ...tried.pod },
      },
    },
  })
}
