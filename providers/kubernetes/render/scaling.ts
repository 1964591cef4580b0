// What keeps the number of replicas: the autoscaler (DESIGN section 7: on Kubernetes it is an HPA) and the budget that
// lets nodes be drained one replica at a time.
import type { NativeObject, ServiceSpec } from '../../../core/model/native-object.ts'
import { objectId, selectorOf } from '../names.ts'
import { nameOf, type RenderContext } from './context.ts'
import { defined, type Json, nativeObject, orNothing, STAGE } from './object.ts'
import { API_VERSION, workloadKind } from './workload-kind.ts'

export const autoscaler = (context: RenderContext, s: ServiceSpec): readonly NativeObject[] => {
  const { autoscale } = s.service.extension
  const kind = workloadKind(s)
  if (autoscale === null || (kind !== 'Deployment' && kind !== 'StatefulSet')) return []
  const name = nameOf(s.service)
  const share = shareOf(s, autoscale)
  const metrics = [
    ...(autoscale.cpu === null ? [] : [utilization('cpu', autoscale.cpu)]),
    ...(autoscale.memory === null ? [] : [utilization('memory', autoscale.memory)]),
  ]
  return [
    nativeObject(context, {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      name,
      service: s.service.name,
      stage: STAGE.front,
      after: [objectId({ apiVersion: API_VERSION[kind], kind, namespace: context.namespace, name })],
      fields: {
        spec: defined({
          scaleTargetRef: { apiVersion: API_VERSION[kind], kind, name },
          minReplicas: share.min,
          maxReplicas: share.max,
          metrics: orNothing(metrics),
          behavior: autoscale.behavior ?? undefined,
        }),
      },
    }),
  ]
}

const utilization = (name: 'cpu' | 'memory', averageUtilization: number): Json => ({
  type: 'Resource',
  resource: { name, target: { type: 'Utilization', averageUtilization } },
})

/** Bounds are sums over all targets; here stands the part that placing gave to this one. */
export const shareOf = (
  { service, count, total }: ServiceSpec,
  bounds: { readonly min: number; readonly max: number },
): { readonly min: number; readonly max: number } => {
  const whole = total ?? Math.max(1, service.replicas, bounds.min)
  if (count >= whole) return { min: Math.max(1, bounds.min), max: bounds.max }
  const part = (bound: number): number => Math.max(1, Math.round((bound * count) / whole))
  return { min: part(bounds.min), max: Math.max(part(bounds.min), part(bounds.max)) }
}

export const disruptionBudget = (context: RenderContext, s: ServiceSpec): readonly NativeObject[] => {
  const kind = workloadKind(s)
  // Also for one replica, so that scaling changes nothing but the count; one that may be gone keeps no node from draining.
  if (kind !== 'Deployment' && kind !== 'StatefulSet') return []
  return [
    nativeObject(context, {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      name: nameOf(s.service),
      service: s.service.name,
      stage: STAGE.passive,
      fields: {
        spec: defined({
          maxUnavailable: 1,
          selector: { matchLabels: selectorOf(context.spec.app.name, s.service.name) },
          // A replica that is broken already must not keep a node from being drained.
          unhealthyPodEvictionPolicy: context.minor >= 27 ? 'AlwaysAllow' : undefined,
        }),
      },
    }),
  ]
}
