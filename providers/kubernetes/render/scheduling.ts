// Where pods of a service may and should run: platform, constraints, GPUs, spreading, and volumes that keep pods together.
import type { Service } from '../../../core/model/app.ts'
import type { ServiceSpec } from '../../../core/model/native-object.ts'
import type { Constraint } from '../../../core/model/resources.ts'
import { labelValue, selectorOf } from '../names.ts'
import { needsOneNode } from './claims.ts'
import type { RenderContext } from './context.ts'
import { gpuNodeTerms, gpuTolerations, type NodeExpression, type Toleration } from './gpu.ts'
import { defined, type Json, orNothing } from './object.ts'
import type { WorkloadKind } from './workload-kind.ts'

const HOSTNAME = 'kubernetes.io/hostname'
const ZONE = 'topology.kubernetes.io/zone'

export const schedulingOf = (s: ServiceSpec, kind: WorkloadKind, context: RenderContext): Json =>
  defined({
    nodeSelector: orNothing(platformSelector(s.service)),
    affinity: orNothing(
      defined({
        nodeAffinity: nodeAffinity(s.service, context),
        podAffinity: podAffinity(s, context),
        podAntiAffinity: podAntiAffinity(s, kind, context),
      }),
    ),
    tolerations: tolerationsOf(s.service, context),
    topologySpreadConstraints: orNothing(spreadOf(s, kind, context)),
  })

const tolerationsOf = (service: Service, context: RenderContext): readonly Toleration[] | undefined => {
  const spot = context.target.provider === 'aks' && service.extension.capacity.includes('spot')
  if (service.gpu === null && !spot) return undefined
  return [...(service.gpu === null ? [] : gpuTolerations(service.gpu, context)), ...(spot ? [AKS_SPOT] : [])]
}

/** AKS taints every spot node so, and nobody can take it away (spot-node-pool): only what may be evicted goes there. */
const AKS_SPOT: Toleration = {
  key: 'kubernetes.azure.com/scalesetpriority',
  operator: 'Equal',
  value: 'spot',
  effect: 'NoSchedule',
}

const ARCH: Readonly<Record<string, string>> = { x86_64: 'amd64', 'x86-64': 'amd64', aarch64: 'arm64', armhf: 'arm' }

const archOf = (text: string): string => ARCH[text] ?? text

/** 'linux/arm64/v8', 'linux', 'arm64'. */
const platformSelector = ({ compose }: Service): Readonly<Record<string, string>> => {
  if (compose.platform === undefined) return {}
  const parts = compose.platform.split('/')
  const [os, arch] = parts.length > 1 ? parts : SYSTEMS.has(compose.platform) ? parts : [undefined, compose.platform]
  return {
    ...(os === undefined ? {} : { 'kubernetes.io/os': os }),
    ...(arch === undefined ? {} : { 'kubernetes.io/arch': archOf(arch) }),
  }
}

const SYSTEMS = new Set(['linux', 'windows'])

/** Compose's name of a node property → label; null: there is none. */
export const nodeLabel = (key: string): string | null => {
  if (key.startsWith('node.labels.')) return key.slice('node.labels.'.length)
  switch (key) {
    case 'node.hostname':
      return HOSTNAME
    case 'node.platform.os':
      return 'kubernetes.io/os'
    case 'node.platform.arch':
      return 'kubernetes.io/arch'
    default:
      return null
  }
}

const constraintExpression = ({ key, operator, value }: Constraint): readonly NodeExpression[] => {
  const label = nodeLabel(key)
  if (label === null) return []
  const wanted = label === 'kubernetes.io/arch' ? archOf(value) : value
  return [{ key: label, operator: operator === '==' ? 'In' : 'NotIn', values: [wanted] }]
}

/** Terms are alternatives, and what a term holds must all be true. */
const nodeAffinity = (service: Service, context: RenderContext): Json | undefined => {
  const always = service.constraints.flatMap(constraintExpression)
  const alternatives = service.gpu === null || service.gpu.dra === true ? [[]] : gpuNodeTerms(service.gpu, context)
  const terms = alternatives.map((term) => [...always, ...term]).filter((term) => term.length > 0)
  if (terms.length === 0) return undefined
  return {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: terms.map((matchExpressions) => ({ matchExpressions })),
    },
  }
}

export const volumePodLabel = (key: string): string => `volume.stormport.dev/${labelValue(key)}`

/** Volumes of the service that only one node at a time can mount although several pods do. */
export const keptTogether = ({ service }: ServiceSpec, context: RenderContext): readonly string[] => {
  if (service.mode === 'global') return []
  const keys = service.mounts.flatMap((m) => (m.kind === 'volume' ? [m.volume] : []))
  return [...new Set(keys)].sort().filter((key) => {
    const use = context.volumes.get(key)
    return use !== undefined && needsOneNode(use, context)
  })
}

const podAffinity = (s: ServiceSpec, context: RenderContext): Json | undefined => {
  const terms = keptTogether(s, context).map((key) => ({
    labelSelector: { matchLabels: { [volumePodLabel(key)]: 'true' } },
    topologyKey: HOSTNAME,
  }))
  return terms.length === 0 ? undefined : { requiredDuringSchedulingIgnoredDuringExecution: terms }
}

/** Whatever the count is now: a template that changed with it would replace every replica when one is added. */
const isSpread = (kind: WorkloadKind): boolean => kind === 'Deployment' || kind === 'StatefulSet'

const podAntiAffinity = (s: ServiceSpec, kind: WorkloadKind, context: RenderContext): Json | undefined => {
  const labelSelector = { matchLabels: selectorOf(context.spec.app.name, s.service.name) }
  const term = { labelSelector, topologyKey: HOSTNAME }
  if (s.service.maxReplicasPerNode === 1 && kind !== 'DaemonSet')
    return { requiredDuringSchedulingIgnoredDuringExecution: [term] }
  if (!isSpread(kind) || keptTogether(s, context).length > 0) return undefined
  return { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: term }] }
}

/** Over what the file names, else over zones and nodes; a wish, for a replica elsewhere is better than none. */
const spreadOf = (s: ServiceSpec, kind: WorkloadKind, context: RenderContext): readonly Json[] => {
  const { preferences, maxReplicasPerNode } = s.service
  if (kind === 'DaemonSet' || kind === 'CronJob') return []
  const written = preferences.map((p) => nodeLabel(p.spread) ?? p.spread)
  const keys = written.length > 0 ? written : isSpread(kind) ? [ZONE, HOSTNAME] : []
  const labelSelector = { matchLabels: selectorOf(context.spec.app.name, s.service.name) }
  const soft = [...new Set(keys)].map((topologyKey) => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector,
  }))
  if (maxReplicasPerNode === null || maxReplicasPerNode < 2) return soft
  const hard = { maxSkew: maxReplicasPerNode, topologyKey: HOSTNAME, whenUnsatisfiable: 'DoNotSchedule', labelSelector }
  return [...soft.filter((constraint) => constraint.topologyKey !== HOSTNAME), hard]
}
