// What replicas use now, by the metrics API; a cluster without a metrics server measures nothing.
import type { Sample } from '../../core/model/replica.ts'
import { labelOf, nameIn } from './client/metadata.ts'
import type { Cluster } from './cluster.ts'
import { isMissing } from './errors.ts'
import { APP_LABEL, labelValue, SERVICE_LABEL } from './names.ts'
import { amountOf } from './quantity-text.ts'
import { listAt, type RawObject, textAt } from './raw.ts'

export const readMetrics = async (cluster: Cluster, app: string, signal: AbortSignal): Promise<readonly Sample[]> => {
  const path = `/apis/metrics.k8s.io/v1beta1/namespaces/${cluster.namespace(app)}/pods`
  try {
    const { items } = await cluster.api.list(path, { labelSelector: `${APP_LABEL}=${labelValue(app)}` }, signal)
    return items.map(sampleOf)
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

const sampleOf = (pod: RawObject): Sample => {
  const containers = listAt(pod, 'containers')
  const total = (path: string): number => containers.reduce((sum, c) => sum + amountOf(textAt(c, path)), 0)
  return {
    replica: nameIn(pod),
    service: labelOf(pod, SERVICE_LABEL) ?? '',
    at: textAt(pod, 'timestamp') ?? new Date().toISOString(),
    cpuMillis: Math.round(total('usage.cpu') * 1000),
    memoryBytes: Math.round(total('usage.memory')),
  }
}
