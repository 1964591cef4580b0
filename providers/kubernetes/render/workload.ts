// The object that owns the pods of a service, with Compose's rules for updating, restarting and scheduling.
import type { Service } from '../../../core/model/app.ts'
import { contentHash } from '../../../core/model/canonical.ts'
import { parseImageReference } from '../../../core/model/image-reference.ts'
import type { NativeObject, ServiceSpec } from '../../../core/model/native-object.ts'
import { dnsName, hashedName, labelValue, objectId, selectorOf } from '../names.ts'
import { nameOf, type RenderContext } from './context.ts'
import { defined, type Json, nativeObject, orNothing, STAGE } from './object.ts'
import { podTemplate } from './pod.ts'
import { minReadySeconds, startWindowMs } from './probes.ts'
import { seconds } from './quantity.ts'
import { governingName } from './services.ts'
import { API_VERSION, type WorkloadKind, workloadKind } from './workload-kind.ts'

/** Releases keep history; a few old ReplicaSets are enough for a controller's own undo. */
const REVISIONS = 3

export const workload = (context: RenderContext, s: ServiceSpec): NativeObject => {
  const kind = workloadKind(s)
  const spec = specOf(s, kind, context)
  const once = s.service.extension.job?.run === 'once'
  return nativeObject(context, {
    apiVersion: API_VERSION[kind],
    kind,
    name: workloadName(s, kind, spec),
    service: s.service.name,
    stage: STAGE.workload + (context.depths.get(s.service.name) ?? 0),
    after: dependenciesOf(s, context),
    awaits: awaitedBy(s, context),
    labels: versionLabel(s),
    annotations: deployLabels(s.service),
    fields: { spec },
    // It ran: what the file says now is for nothing but a new one.
    ...(kind === 'Job' && once ? { hashed: { once: s.service.name } } : {}),
  })
}

/** Job templates cannot be changed, so another one is another Job. StatefulSets and CronJobs name their pods' objects after themselves. */
export const workloadName = (s: ServiceSpec, kind: WorkloadKind, spec: Json): string => {
  if (kind === 'Deployment' || kind === 'DaemonSet') return nameOf(s.service)
  if (kind !== 'Job' || s.service.extension.job?.run === 'once') return dnsName(s.service.name, 52)
  return hashedName(s.service.name, contentHash(spec))
}

const specOf = (s: ServiceSpec, kind: WorkloadKind, context: RenderContext): Json => {
  const template = podTemplate(s, kind, context)
  switch (kind) {
    case 'Deployment':
      return deployment(s, template, context)
    case 'StatefulSet':
      return statefulSet(s, template, context)
    case 'DaemonSet':
      return daemonSet(s, template, context)
    case 'Job':
      return job(s, withRunMark(s, template, context))
    case 'CronJob':
      return cronJob(s, template)
    default:
      return kind satisfies never
  }
}

const selectorFor = (s: ServiceSpec, context: RenderContext): Json => ({
  matchLabels: selectorOf(context.spec.app.name, s.service.name),
})

/** A count that an autoscaler owns is not ours to write. */
const replicasOf = ({ service, count }: ServiceSpec): number | undefined =>
  service.extension.autoscale === null ? count : undefined

const deployment = (s: ServiceSpec, template: Json, context: RenderContext): Json =>
  defined({
    replicas: replicasOf(s),
    selector: selectorFor(s, context),
    strategy: { type: 'RollingUpdate', rollingUpdate: surge(s.service) },
    minReadySeconds: minReadySeconds(s.service),
    progressDeadlineSeconds: progressDeadline(s.service),
    revisionHistoryLimit: REVISIONS,
    template,
  })

/** Parallel, so that a replica that never became ready does not keep its own repair from being rolled out. */
const statefulSet = (s: ServiceSpec, template: Json, context: RenderContext): Json =>
  defined({
    replicas: replicasOf(s),
    serviceName: governingName(s.service),
    selector: selectorFor(s, context),
    podManagementPolicy: 'Parallel',
    updateStrategy: { type: 'RollingUpdate' },
    minReadySeconds: minReadySeconds(s.service),
    revisionHistoryLimit: REVISIONS,
    template,
  })

const daemonSet = (s: ServiceSpec, template: Json, context: RenderContext): Json =>
  defined({
    selector: selectorFor(s, context),
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: surge(s.service) },
    minReadySeconds: minReadySeconds(s.service),
    revisionHistoryLimit: REVISIONS,
    template,
  })

/** start-first unless the file says otherwise or a port of the node can be held by one replica only. */
const surge = (service: Service): Json => {
  const step = service.update.parallelism === 0 ? '100%' : service.update.parallelism
  const holdsHost = service.ports.some((p) => p.mode === 'host') || service.compose.network_mode === 'host'
  const order = service.update.order ?? (holdsHost ? 'stop-first' : 'start-first')
  return order === 'start-first' ? { maxSurge: step, maxUnavailable: 0 } : { maxSurge: 0, maxUnavailable: step }
}

const LEAST_DEADLINE = 600
/** Pulling an image and, for a GPU, making a node of a scaled pool. */
const PULL_SECONDS = 300
const GPU_NODE_SECONDS = 1200

const progressDeadline = (service: Service): number => {
  const start = service.healthcheck === null ? 0 : seconds(startWindowMs(service.healthcheck))
  const provision = service.gpu === null ? 0 : GPU_NODE_SECONDS
  return Math.max(LEAST_DEADLINE, start + provision + PULL_SECONDS + (minReadySeconds(service) ?? 0))
}

/** Every attempt is a pod of its own, so that the output of the one that failed is still there. */
const job = (s: ServiceSpec, template: Json): Json => ({
  backoffLimit: backoffLimit(s.service),
  completions: Math.max(1, s.count),
  parallelism: Math.max(1, s.count),
  template,
})

const DEFAULT_BACKOFF = 6

const backoffLimit = ({ restart }: Service): number => {
  if (restart === null || restart.condition === 'none') return 0
  return restart.maxAttempts ?? DEFAULT_BACKOFF
}

/** `run: always`: each release is a change. */
const withRunMark = (s: ServiceSpec, template: Json, context: RenderContext): Json => {
  if (s.service.extension.job?.run !== 'always') return template
  const metadata = Object(template['metadata'])
  const mark = { 'stormport.dev/run': `release ${context.spec.release}` }
  return { ...template, metadata: { ...metadata, annotations: { ...metadata.annotations, ...mark } } }
}

const CONCURRENCY = { allow: 'Allow', forbid: 'Forbid', replace: 'Replace' } as const

/** A CronJob counts missed starts of less than ten seconds as never due. */
const LEAST_START_SECONDS = 10

const cronJob = (s: ServiceSpec, template: Json): Json => {
  const schedule = s.service.extension.schedule
  return defined({
    schedule: schedule?.cron,
    timeZone: schedule?.timezone,
    concurrencyPolicy: CONCURRENCY[schedule?.concurrency ?? 'allow'],
    startingDeadlineSeconds:
      schedule === null || schedule.startDeadlineMs === null
        ? undefined
        : Math.max(LEAST_START_SECONDS, seconds(schedule.startDeadlineMs)),
    jobTemplate: { spec: job(s, template) },
  })
}

const versionLabel = ({ image }: ServiceSpec): Readonly<Record<string, string>> => {
  const tag = image === null ? undefined : parseImageReference(image)?.tag
  return tag === undefined || tag === null ? {} : { 'app.kubernetes.io/version': labelValue(tag) }
}

const deployLabels = ({ compose }: Service): Readonly<Record<string, string>> =>
  orNothing(compose.deploy?.labels ?? {}) ?? {}

const dependenciesOf = (s: ServiceSpec, context: RenderContext): readonly string[] => {
  const { namespace } = context
  const dependencies = s.service.dependsOn.flatMap((dependency) => context.byName.get(dependency.service) ?? [])
  return [
    objectId({ apiVersion: 'v1', kind: 'ServiceAccount', namespace, name: nameOf(s.service) }),
    ...dependencies.map((other) => workloadId(other, context)),
  ]
}

/** A condition is waited for, but never for what may be absent: that must not hold anybody back. */
const awaitedBy = (s: ServiceSpec, context: RenderContext): readonly string[] =>
  s.service.dependsOn
    .filter((dependency) => dependency.required && dependency.condition !== 'service_started')
    .flatMap((dependency) => context.byName.get(dependency.service) ?? [])
    .filter((other) => other.service.kind !== 'cron')
    .map((other) => workloadId(other, context))

const workloadId = (s: ServiceSpec, context: RenderContext): string => {
  const kind = workloadKind(s)
  const name = kind === 'Job' ? workloadName(s, kind, specOf(s, kind, context)) : workloadName(s, kind, {})
  return objectId({ apiVersion: API_VERSION[kind], kind, namespace: context.namespace, name })
}
