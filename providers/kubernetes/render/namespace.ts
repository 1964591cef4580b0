// The namespace of the app and the identity of each service in it.
import type { NativeObject, ServiceSpec } from '../../../core/model/native-object.ts'
import type { PodSecurityLevel } from '../facts.ts'
import { nameOf, type RenderContext } from './context.ts'
import { levelOf, weaker } from './demands.ts'
import { nativeObject, STAGE } from './object.ts'

/** Namespaces that every cluster has and nobody makes. */
const GIVEN = /^(?:default|kube-.*)$/

export const namespaceObjects = (context: RenderContext): readonly NativeObject[] => {
  if (GIVEN.test(context.namespace)) return []
  const level = namespaceLevel(context)
  return [
    nativeObject(context, {
      apiVersion: 'v1',
      kind: 'Namespace',
      name: context.namespace,
      stage: STAGE.namespace,
      guard: 'container',
      labels: {
        'pod-security.kubernetes.io/enforce': level,
        'pod-security.kubernetes.io/audit': level,
        'pod-security.kubernetes.io/warn': level,
      },
    }),
  ]
}

/** The weakest that a service needs: the namespace admits what was planned and nothing beyond. */
export const namespaceLevel = (context: RenderContext): PodSecurityLevel =>
  context.spec.services.reduce<PodSecurityLevel>((level, s) => weaker(level, levelOf(s, context)), 'restricted')

export const serviceAccount = (context: RenderContext, s: ServiceSpec): NativeObject =>
  nativeObject(context, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    name: nameOf(s.service),
    service: s.service.name,
    stage: STAGE.passive,
    annotations: cloudIdentity(context, s),
    fields: { automountServiceAccountToken: false },
  })

const cloudIdentity = ({ target }: RenderContext, { service }: ServiceSpec): Readonly<Record<string, string>> => {
  const { eks, aks } = service.extension.identity
  if (target.provider === 'eks' && eks !== undefined) return { 'eks.amazonaws.com/role-arn': eks }
  if (target.provider === 'aks' && aks !== undefined) return { 'azure.workload.identity/client-id': aks }
  return {}
}
