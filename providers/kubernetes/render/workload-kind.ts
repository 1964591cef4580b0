// Which controller owns the pods of a service.
import type { ServiceSpec } from '../../../core/model/native-object.ts'

export type WorkloadKind = 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'Job' | 'CronJob'

export const workloadKind = (s: ServiceSpec): WorkloadKind => {
  const { service } = s
  if (service.kind === 'cron') return 'CronJob'
  if (service.kind === 'job') return 'Job'
  if (service.mode === 'global') return 'DaemonSet'
  return isAtMostOnce(s) ? 'StatefulSet' : 'Deployment'
}

/** One replica that must never run twice: only a StatefulSet waits until the old pod is certainly gone. */
const isAtMostOnce = ({ service, count }: ServiceSpec): boolean => {
  if (count > 1 || service.extension.autoscale !== null) return false
  return service.extension.singleton || service.mounts.some((m) => m.kind === 'volume' && !m.readOnly)
}

export const API_VERSION: Readonly<Record<WorkloadKind, string>> = {
  Deployment: 'apps/v1',
  StatefulSet: 'apps/v1',
  DaemonSet: 'apps/v1',
  Job: 'batch/v1',
  CronJob: 'batch/v1',
}
