// Which Compose networks a service is in on a cluster, and the label by which a NetworkPolicy finds its pods.
import type { Service } from '../../../core/model/app.ts'
import { labelValue } from '../names.ts'

/** `network_mode: bridge` is the engine's own network: one more, for those that ask for it. */
const BRIDGE = 'bridge'

export const networkKeys = (service: Service): readonly string[] => {
  const keys = Object.keys(service.networks).sort()
  if (keys.length > 0) return keys
  return ['none', 'host'].includes(service.compose.network_mode ?? '') ? [] : [BRIDGE]
}

export const networkPodLabel = (key: string): string => `network.stormport.dev/${labelValue(key)}`

/** Nothing goes in or out. */
export const isCutOff = (service: Service): boolean => service.compose.network_mode === 'none'
