// Stands in for a cloud's load balancers: gives every Service of that type an address. Only the status is real, except on a
// plane with a kubelet, where the address is the node's own and kube-proxy serves it.
import { setTimeout as sleep } from 'node:timers/promises'
import type { PlaneApi } from './types.ts'

interface ServiceList {
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly namespace: string }
    readonly spec: { readonly type?: string }
    readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly unknown[] } }
  }[]
}

const LOOK_MS = 200

/** Runs until the signal; an API server that does not answer is asked again. */
export const runLoadBalancer = async (api: PlaneApi, address: string, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted) {
    await serve(api, address).catch(() => {})
    await sleep(LOOK_MS, undefined, { signal }).catch(() => {})
  }
}

const serve = async (api: PlaneApi, ip: string): Promise<void> => {
  const { items } = await api.request<ServiceList>('GET', '/api/v1/services')
  for (const { metadata, spec, status } of items) {
    if (spec.type !== 'LoadBalancer' || (status?.loadBalancer?.ingress ?? []).length > 0) continue
    const path = `/api/v1/namespaces/${metadata.namespace}/services/${metadata.name}/status`
    await api.request('PATCH', path, { status: { loadBalancer: { ingress: [{ ip, ipMode: 'VIP' }] } } })
  }
}
