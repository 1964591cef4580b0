// Starting, checking, updating, stopping: fields whose verdict depends on what they say.
import type { Healthcheck } from '../../../core/model/app.ts'
import { Secret } from '../../../core/model/secret.ts'
import { isWritten } from '../../../core/model/service-field.ts'
import { hooksOf, losesEntrypoint } from '../render/command.ts'
import { isVariableName } from '../render/environment.ts'
import { isQualifiedName } from '../render/pod-annotations.ts'
import { probedPort, startWindowMs } from '../render/probes.ts'
import { workloadKind } from '../render/workload-kind.ts'
import { about, type Finding, type Rule, refused, when } from './finding.ts'

const healthcheck: Rule = ({ service }) => {
  const check = service.healthcheck
  if (check === null || check.test === null) return []
  if (service.kind !== 'service') return [about('healthcheck', 'a job is judged by its end, not by a health check')]
  if (check.test.length === 0)
    return [
      refused(
        'healthcheck',
        "healthcheck: only times are written, and clusters do not run the image's own test",
        'write the test, or accept the loss',
      ),
    ]
  const window = Math.ceil(startWindowMs(check) / 1000)
  return [
    about('healthcheck', `healthcheck: a replica that has not passed it within ${window} s of its start is restarted`),
    ...when(check.test.some((text) => text instanceof Secret) && check.test[0] !== 'CMD-SHELL', () =>
      about('healthcheck', 'healthcheck: it holds a secret, so a shell of the image runs it'),
    ),
    ...when(isFine(check), () => about('healthcheck', 'healthcheck: times are rounded up to whole seconds')),
  ]
}

/** Compose counts in nanoseconds, a kubelet in seconds. */
const isFine = (check: Healthcheck): boolean =>
  [check.intervalMs, check.timeoutMs, check.startIntervalMs].some((ms) => ms % 1000 !== 0)

const environment: Rule = ({ service }) =>
  Object.keys(service.environment)
    .filter((name) => !isVariableName(name))
    .map((name) =>
      name === ''
        ? about('environment', 'environment: a variable without a name is left out')
        : refused('environment', `environment: a pod cannot have a variable ${JSON.stringify(name)}`, 'rename it'),
    )

const readiness: Rule = ({ service }) => {
  const ports = new Set([...service.ports.map((p) => p.target), ...service.expose.map((p) => p.port)])
  const unchecked = service.kind === 'service' && service.healthcheck === null && probedPort(service) === null
  return when(unchecked && ports.size > 1, () =>
    about(
      'ports',
      'ports: nothing says which of them must answer, so a replica is ready after one second; a healthcheck says it better',
    ),
  )
}

const restart: Rule = ({ service }) => {
  const policy = service.restart
  if (policy === null) return []
  const field = isWritten(service, 'deploy.restart_policy') ? 'deploy.restart_policy' : 'restart'
  const timed = policy.delayMs !== null || policy.windowMs !== null
  const pace = when(timed, () => about(field, `${field}: the cluster chooses the pauses between restarts`))
  if (service.kind !== 'service')
    return [
      ...when(policy.condition === 'any', () =>
        about(field, `${field}: a job is not started again after it succeeded`),
      ),
      ...pace,
    ]
  return [
    ...when(policy.condition === 'none', () => about(field, `${field}: replicas of a service are always replaced`)),
    ...when(policy.condition === 'on-failure', () => about(field, `${field}: replicas are restarted after any exit`)),
    ...when(policy.maxAttempts !== null, () => about(field, `${field}: the number of restarts is not limited`)),
    ...pace,
  ]
}

const mode: Rule = ({ service }) =>
  when(service.compose.deploy?.mode === 'global-job', () =>
    refused('deploy.mode', 'deploy.mode: a cluster has no job that runs once on each node', 'use replicated-job'),
  )

const stopSignal: Rule = ({ s, service, context }) => {
  const { signal } = service.stop
  if (signal === null || /^(?:SIG)?TERM$|^15$/.test(signal)) return []
  const own = s.image === null ? undefined : context.facts.images[s.image]?.stopSignal
  return when(own !== signal, () =>
    refused(
      'stop_signal',
      `stop_signal: pods are stopped by the signal of their image, and that is not known to be ${signal}`,
      `write STOPSIGNAL ${signal} into the image and accept this`,
    ),
  )
}

const hooks: Rule = ({ service }) =>
  (['post_start', 'pre_stop', 'pre_start'] as const).flatMap((field): readonly Finding[] => {
    const written = hooksOf(service, field)
    const others = [...new Set(written.flatMap((hook) => hook.others))].filter((key) => key !== 'per_replica')
    return [
      ...when(written.length > 1 && field !== 'pre_start', () =>
        refused(field, `${field}: a container has one such hook`, 'put the commands into one script'),
      ),
      ...when(others.length > 0, () =>
        refused(
          field,
          `${field}: a hook runs as its container does; ${others.join(', ')} cannot be set`,
          'leave it out',
        ),
      ),
    ]
  })

const update: Rule = ({ s, service }) => [
  ...when(service.update.delayMs > 0, () =>
    about(
      'deploy.update_config',
      'deploy.update_config: the delay is the time that a new replica must have been ready',
    ),
  ),
  ...when(
    ['monitor', 'max_failure_ratio'].some((key) => isWritten(service, `deploy.update_config.${key}`)),
    () =>
      about(
        'deploy.update_config',
        'deploy.update_config: replicas are not watched once they are ready: monitor and max_failure_ratio decide nothing',
      ),
  ),
  ...when(workloadKind(s) === 'StatefulSet' && service.update.order === 'start-first', () =>
    about(
      'deploy.update_config',
      'deploy.update_config: only one replica may run at a time, so the old one stops first',
    ),
  ),
]

const entrypoint: Rule = ({ service }) =>
  when(losesEntrypoint(service) && (service.command ?? []).length === 0, () =>
    refused(
      'entrypoint',
      "entrypoint: without the image's entry point its command would run, and only the image knows that",
      'write the command',
    ),
  )

const labels: Rule = ({ service }) => {
  const { labels: own = {}, annotations = {}, deploy } = service.compose
  const illegal = (keys: object): readonly string[] => Object.keys(keys).filter((key) => !isQualifiedName(key))
  const dropped = (field: string, keys: object): readonly Finding[] =>
    when(illegal(keys).length > 0, () =>
      about(field, `${field}: ${illegal(keys).join(', ')} cannot be the name of an annotation and is left out`),
    )
  return [
    ...when(Object.keys(own).length > 0, () => about('labels', 'labels: they are annotations of the pods')),
    ...dropped('labels', own),
    ...dropped('annotations', annotations),
    ...dropped('deploy.labels', deploy?.labels ?? {}),
  ]
}

const logging: Rule = ({ service }) => {
  const driver = service.compose.logging?.driver
  if (service.compose.logging === undefined) return []
  return driver === 'none'
    ? [refused('logging', 'logging: the node always keeps the output of a container', 'let the program write none')]
    : [about('logging', 'logging: output goes where the cluster collects it')]
}

const PULL = ['always', 'never', 'missing', 'if_not_present', 'build']

const pulling: Rule = ({ service }) => {
  const policy = service.compose.pull_policy
  return when(policy !== undefined && !PULL.includes(policy), () =>
    about('pull_policy', `pull_policy: ${policy} is taken as missing, because each deploy resolves the digest anyway`),
  )
}

const runtime: Rule = ({ service }) => {
  const name = service.compose.runtime
  if (name === undefined || name === 'runc') return []
  if (name === 'nvidia') return [about('runtime', 'runtime: nodes with GPUs choose it by themselves')]
  return [refused('runtime', `runtime: the nodes are not known to have ${name}`, 'leave it out, or accept the loss')]
}

const extension: Rule = ({ service }) => {
  const { schedule, gang, priority, autoscale } = service.extension
  return [
    ...when(schedule !== null && /^\S+(?: +\S+){5,}$/.test(schedule.cron.trim()), () =>
      refused('x-stormport.schedule', 'schedule: a CronJob counts in minutes', 'write five fields'),
    ),
    ...when(gang, () =>
      refused('x-stormport.gang', 'gang: the scheduler of the cluster places replicas one by one', 'accept the loss'),
    ),
    ...when(priority !== 0, () =>
      about('x-stormport.priority', 'priority: classes belong to the whole cluster, so all services have the same'),
    ),
    ...when(autoscale !== null && autoscale.min < 1, () =>
      about('x-stormport.autoscale', 'autoscale: at least one replica stays'),
    ),
  ]
}

export const lifeRules: readonly Rule[] = [
  environment,
  healthcheck,
  readiness,
  restart,
  mode,
  stopSignal,
  hooks,
  entrypoint,
  update,
  labels,
  logging,
  pulling,
  runtime,
  extension,
]
