// The pod of a service: one container, hardened, with everything that the Compose file says about it.
import { isIP } from 'node:net'
import type { Service } from '../../../core/model/app.ts'
import type { ServiceSpec } from '../../../core/model/native-object.ts'
import { commonLabels } from '../names.ts'
import { aliasPodLabels } from './aliases.ts'
import { commandOf, DRAIN_SECONDS, drains, hooksOf, lifecycleOf } from './command.ts'
import { nameOf, type RenderContext } from './context.ts'
import { hasOptIn } from './demands.ts'
import { environmentOf } from './environment.ts'
import { claimTemplateName } from './gpu.ts'
import { networkKeys, networkPodLabel } from './networks.ts'
import { defined, type Json, orNothing } from './object.ts'
import { annotationsOf } from './pod-annotations.ts'
import { containerPorts } from './ports.ts'
import { probesOf } from './probes.ts'
import { seconds } from './quantity.ts'
import { bareHost } from './reach.ts'
import { resourcesOf } from './resources.ts'
import { keptTogether, schedulingOf, volumePodLabel } from './scheduling.ts'
import { containerSecurityContext, podSecurityContext } from './security.ts'
import { podMounts } from './volumes.ts'
import type { WorkloadKind } from './workload-kind.ts'

export const podTemplate = (s: ServiceSpec, kind: WorkloadKind, context: RenderContext): Json => ({
  metadata: defined({
    labels: {
      ...commonLabels({ app: context.spec.app.name, service: s.service.name }),
      ...Object.fromEntries(networkKeys(s.service).map((key) => [networkPodLabel(key), 'true'])),
      ...Object.fromEntries(keptTogether(s, context).map((key) => [volumePodLabel(key), 'true'])),
      ...aliasPodLabels(s.service, context),
      ...(context.target.provider === 'aks' && s.service.extension.identity['aks'] !== undefined
        ? { 'azure.workload.identity/use': 'true' }
        : {}),
    },
    annotations: orNothing(annotationsOf(s, context)),
  }),
  spec: podSpec(s, kind, context),
})

const podSpec = (s: ServiceSpec, kind: WorkloadKind, context: RenderContext): Json => {
  const { service } = s
  const { volumes } = podMounts(s, context)
  const oneShot = kind === 'Job' || kind === 'CronJob'
  const grace = seconds(service.stop.gracePeriodMs) + (drains(service, context.minor) ? DRAIN_SECONDS : 0)
  return defined({
    serviceAccountName: nameOf(service),
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    restartPolicy: oneShot ? 'Never' : undefined,
    terminationGracePeriodSeconds: grace,
    securityContext: podSecurityContext(s, context),
    ...hostNamespaces(service),
    ...dnsOf(service),
    hostname: hostnameOf(service),
    hostAliases: orNothing(hostAliases(s)),
    imagePullSecrets:
      context.settings.imagePullSecret === null ? undefined : [{ name: context.settings.imagePullSecret }],
    ...schedulingOf(s, kind, context),
    resourceClaims:
      service.gpu?.dra === true ? [{ name: 'gpu', resourceClaimTemplateName: claimTemplateName(s) }] : undefined,
    initContainers: orNothing(initContainers(s, context)),
    containers: [mainContainer(s, context)],
    volumes: orNothing(volumes),
  })
}

const mainContainer = (s: ServiceSpec, context: RenderContext): Json => {
  const { service } = s
  return defined({
    name: nameOf(service),
    ...baseContainer(s, context),
    ...commandOf(service),
    ports: orNothing(containerPorts(service, hasOptIn(service, 'hostPort'))),
    ...probesOf(service),
    lifecycle: lifecycleOf(service, context.minor),
    tty: service.compose.tty === true ? true : undefined,
    stdin: service.compose.stdin_open === true ? true : undefined,
  })
}

const baseContainer = (s: ServiceSpec, context: RenderContext): Json =>
  defined({
    image: imageOf(s),
    imagePullPolicy: pullPolicy(s),
    env: orNothing(environmentOf(s.service)),
    resources: resourcesOf(s.service, context),
    securityContext: containerSecurityContext(s, context),
    volumeMounts: orNothing(podMounts(s, context).mounts),
  })

/** Without a name there was nothing to build it under: refused before, and shown so by `render`. */
export const imageOf = ({ image, service }: ServiceSpec): string => image ?? service.image ?? nameOf(service)

const pullPolicy = ({ image, service }: ServiceSpec): string => {
  const written = service.compose.pull_policy
  if (written === 'always') return 'Always'
  if (written === 'never') return 'Never'
  const isPinned = image?.includes('@') ?? false
  const isLatest = image !== null && (image.endsWith(':latest') || !/:[^/]+$/.test(image))
  return !isPinned && isLatest && written === undefined ? 'Always' : 'IfNotPresent'
}

/** pre_start hooks run to their end in the same image before the container starts. */
const initContainers = (s: ServiceSpec, context: RenderContext): readonly Json[] =>
  hooksOf(s.service, 'pre_start').map((hook, i) =>
    defined({ name: `pre-start-${i}`, ...baseContainer(s, context), command: hook.command }),
  )

const hostNamespaces = (service: Service): Json => {
  const { compose } = service
  return defined({
    hostNetwork: compose.network_mode === 'host' && hasOptIn(service, 'hostNetwork') ? true : undefined,
    hostPID: compose['pid'] === 'host' && hasOptIn(service, 'hostPID') ? true : undefined,
    hostIPC: compose['ipc'] === 'host' && hasOptIn(service, 'hostIPC') ? true : undefined,
  })
}

/** Own servers come behind the cluster's, so that service names go on to resolve. */
const dnsOf = (service: Service): Json => {
  const { compose } = service
  const options = (compose.dns_opt ?? []).map((option) => {
    const [name = option, value] = option.split(':')
    return defined({ name, value })
  })
  const onHost = compose.network_mode === 'host' && hasOptIn(service, 'hostNetwork')
  return defined({
    dnsPolicy: onHost ? 'ClusterFirstWithHostNet' : undefined,
    dnsConfig: orNothing(
      defined({
        nameservers: orNothing([compose.dns ?? []].flat()),
        searches: orNothing([compose.dns_search ?? []].flat()),
        options: orNothing(options),
      }),
    ),
  })
}

const hostnameOf = ({ compose }: Service): string | undefined =>
  compose.hostname !== undefined && /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(compose.hostname)
    ? compose.hostname
    : undefined

/** extra_hosts, and names of `reach` that stand for an address; other reached names are Services. */
const hostAliases = (s: ServiceSpec): readonly Json[] => {
  const pairs = [
    ...extraHosts(s.service),
    ...Object.entries(s.reach).map(([host, to]) => [bareHost(to), host] as const),
  ]
  const byAddress = new Map<string, readonly string[]>()
  for (const [ip, host] of pairs) {
    if (isIP(ip) === 0) continue
    byAddress.set(ip, [...(byAddress.get(ip) ?? []), host])
  }
  return [...byAddress].map(([ip, hostnames]) => ({ ip, hostnames: [...new Set(hostnames)] }))
}

const extraHosts = ({ compose }: Service): readonly (readonly [ip: string, host: string])[] =>
  (compose.extra_hosts ?? []).map((line) => {
    const at = line.search(/[=:]/)
    return [line.slice(at + 1).replace(/^\[|\]$/g, ''), line.slice(0, at)] as const
  })
