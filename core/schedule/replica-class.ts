// From a service to what the scheduler reads of it. The same for the pool that places it and for the preview of a plan, so
// that both see the same needs.
import type { App, Service } from '../model/app.ts'
import type { ReplicaClass } from './types.ts'

/** What a caller states of a class; everything else takes its neutral value. */
export type ClassNeeds = Partial<Omit<ReplicaClass, 'key'>>

export const replicaKey = (app: string, service: string): string => `${app}/${service}`

const NEUTRAL: Omit<ReplicaClass, 'key'> = {
  requests: { cpuMillis: 0, memoryBytes: 0 },
  gpu: null,
  constraints: [],
  preferences: [],
  maxPerNode: null,
  hostPorts: [],
  volumes: [],
  antiAffinity: [],
  platforms: [],
  tolerations: [],
  priority: 0,
  gang: false,
}

export const replicaClass = (app: string, service: string, needs: ClassNeeds): ReplicaClass => ({
  key: replicaKey(app, service),
  ...NEUTRAL,
  ...needs,
})

export const serviceClass = (app: App, service: Service): ReplicaClass =>
  replicaClass(app.name, service.name, {
    requests: service.requests,
    gpu: service.gpu,
    constraints: service.constraints,
    preferences: service.preferences,
    maxPerNode: service.mode === 'global' ? 1 : service.maxReplicasPerNode,
    hostPorts: service.ports.flatMap((port) =>
      port.mode === 'host' && port.published !== null ? [`${port.protocol}/${port.published}`] : [],
    ),
    volumes: pinningVolumes(app, service),
    platforms: service.compose.platform === undefined ? [] : [service.compose.platform],
    priority: service.extension.priority,
    gang: service.extension.gang,
  })

const pinningVolumes = (app: App, service: Service): readonly string[] => {
  const names = service.mounts.flatMap((mount) => {
    if (mount.kind !== 'volume') return []
    return [app.volumes.find((volume) => volume.key === mount.volume)?.name ?? mount.volume]
  })
  return [...new Set(names)]
}
