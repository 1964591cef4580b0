// The only findings that files which nobody hardened may show: each follows from what the file says of the service, or
// leaves unsaid, and from nothing that render chose. Whoever finds one that is not here has found a defect of render.
import type { App, Service } from '../../core/model/app.ts'
import { Secret } from '../../core/model/secret.ts'
import type { Finding } from './finding.ts'

export interface Rule {
  readonly rules: readonly string[]
  /** The judge's own words, where one rule has several. */
  readonly says?: RegExp
  readonly because: string
  /** True where the file does say so. */
  readonly follows: (service: Service, app: App) => boolean
}

const LOWEST_SAFE = 10_000

const written = ({ compose }: Service): { readonly uid: number | null; readonly gid: number | null } => {
  const match = /^(\d+)(?::(\d+))?$/.exec(String(compose.user ?? ''))
  return { uid: match === null ? null : Number(match[1]), gid: match?.[2] === undefined ? null : Number(match[2]) }
}

const hasLowUser = (service: Service): boolean => (written(service).uid ?? 0) <= LOWEST_SAFE
const hasLowGroup = (service: Service): boolean => (written(service).gid ?? 0) <= LOWEST_SAFE
const mayBeRoot = (service: Service): boolean => (written(service).uid ?? 0) === 0

const capabilities = (names: readonly string[] | undefined): readonly string[] =>
  (names ?? []).map((name) => name.toUpperCase().replace(/^CAP_/, ''))

const dropsAll = ({ compose }: Service): boolean => capabilities(compose.cap_drop).includes('ALL')

const hasFixedTag = ({ image }: Service): boolean =>
  image !== null && /:[^/@]+(?:@|$)/.test(image) && !/:latest(?:@|$)/.test(image)

const isPinned = ({ image }: Service): boolean => image?.includes('@sha256:') ?? false

const tcpPorts = (service: Service): number =>
  new Set([
    ...service.ports.filter((p) => p.protocol === 'tcp').map((p) => p.target),
    ...service.expose.filter((p) => p.protocol === 'tcp').map((p) => p.port),
  ]).size

/** No health check, and no one port that would tell. */
const saysNothingOfReadiness = (service: Service): boolean => {
  const { healthcheck } = service
  return healthcheck === null ? tcpPorts(service) !== 1 : healthcheck.test === null || healthcheck.test.length === 0
}

const hasSecretText = (service: Service): boolean =>
  [
    ...Object.values(service.environment),
    ...(service.command ?? []),
    ...(service.entrypoint ?? []),
    ...(service.healthcheck?.test ?? []),
  ].some((text) => text instanceof Secret)

const mountsShare = ({ mounts }: Service, { volumes }: App): boolean =>
  mounts.some((m) => {
    const volume = m.kind === 'volume' ? volumes.find(({ key }) => key === m.volume) : undefined
    return volume?.compose.driver_opts?.['type'] === 'nfs'
  })

const volumesShared = ({ mounts }: Service): boolean => mounts.some((m) => m.kind === 'volume')

export const RULES: readonly Rule[] = [
  {
    rules: ['container-security-context-user-group-id'],
    says: /user ID/,
    because: 'the file names no user above 10000',
    follows: hasLowUser,
  },
  {
    rules: ['container-security-context-user-group-id'],
    says: /group ID/,
    because: 'the file names no group above 10000',
    follows: hasLowGroup,
  },
  { rules: ['CKV_K8S_40', 'KBP104'], because: 'the file names no user above 10000', follows: hasLowUser },
  { rules: ['KBP105'], because: 'the file names no group above 10000', follows: hasLowGroup },
  {
    rules: ['CKV_K8S_23', 'PSS203', 'PSS204'],
    because: 'the file names no user, or root',
    follows: mayBeRoot,
  },
  {
    rules: ['CKV_K8S_28', 'CKV_K8S_37', 'PSS206', 'KBP103'],
    because: 'the file names no user, so it may be root, and does not drop all capabilities',
    follows: (service) => mayBeRoot(service) && !dropsAll(service),
  },
  {
    rules: ['container-security-context-readonlyrootfilesystem', 'CKV_K8S_22', 'KBP102'],
    because: 'the file does not say read_only',
    follows: ({ compose }) => compose.read_only !== true,
  },
  {
    rules: ['container-resources'],
    says: /CPU limit/,
    because: 'the file limits no CPU',
    follows: ({ limits, compose }) => limits.cpuMillis === null && !(Number(compose['cpu_quota'] ?? 0) > 0),
  },
  {
    rules: ['CKV_K8S_11', 'KBP003'],
    because: 'the file limits no CPU',
    follows: ({ limits, compose }) => limits.cpuMillis === null && !(Number(compose['cpu_quota'] ?? 0) > 0),
  },
  {
    rules: ['container-resources'],
    says: /Memory limit/,
    because: 'the file limits no memory',
    follows: ({ limits }) => limits.memoryBytes === null,
  },
  {
    rules: ['CKV_K8S_13', 'KBP005'],
    because: 'the file limits no memory',
    follows: ({ limits }) => limits.memoryBytes === null,
  },
  {
    rules: ['deployment-replicas'],
    because: 'the file asks for one replica',
    follows: ({ replicas }) => replicas < 2,
  },
  {
    rules: ['horizontalpodautoscaler-replicas'],
    because: 'the file lets the autoscaler go down to one replica',
    follows: ({ extension }) => (extension.autoscale?.min ?? 0) < 2,
  },
  {
    rules: ['container-image-tag', 'CKV_K8S_14', 'KBP001', 'KBP116'],
    because: 'the file names an image without a fixed tag',
    follows: (service) => !hasFixedTag(service),
  },
  {
    rules: ['CKV_K8S_43'],
    because: 'the file names no digest (deploy finds it out; these objects were rendered without a network)',
    follows: (service) => !isPinned(service),
  },
  {
    rules: ['container-image-pull-policy', 'CKV_K8S_15'],
    because: 'the file does not ask for the image to be pulled always, and its tag is fixed',
    follows: (service) =>
      service.compose.pull_policy !== 'always' && (hasFixedTag(service) || service.compose.pull_policy !== undefined),
  },
  {
    rules: ['pod-probes'],
    says: /missing a readinessProbe/,
    because: 'the file has no health check and not exactly one TCP port',
    follows: saysNothingOfReadiness,
  },
  {
    rules: ['CKV_K8S_9'],
    because: 'the file has no health check and not exactly one TCP port',
    follows: saysNothingOfReadiness,
  },
  {
    rules: ['CKV_K8S_35', 'KBP112', 'KBP111'],
    because: 'the file hands a secret over in the environment',
    follows: hasSecretText,
  },
  {
    rules: ['CKV_K8S_25', 'CKV_K8S_20', 'PSS104', 'PSS202', 'PSS206'],
    because: 'the file adds capabilities',
    follows: ({ compose }) => capabilities(compose.cap_add).some((name) => name !== 'NET_BIND_SERVICE'),
  },
  {
    rules: ['deployment-has-host-podantiaffinity', 'statefulset-has-host-podantiaffinity'],
    because: 'the file shares a volume between pods, which keeps them on one node',
    follows: volumesShared,
  },
  {
    rules: ['KBP113'],
    because: 'the file names a container port below 1024',
    follows: ({ ports, expose }) => ports.some((p) => p.target < 1024) || expose.some((p) => p.port < 1024),
  },
  {
    rules: ['container-image-pull-policy', 'container-image-tag', 'CKV_K8S_14', 'CKV_K8S_15', 'KBP116'],
    because: 'the file builds the image without naming it (deploy gives it a name and a digest)',
    follows: ({ build, image }) => build !== null && image === null,
  },
  {
    rules: ['PSS201'],
    because: 'the file mounts an NFS share',
    follows: mountsShare,
  },
  {
    rules: ['KBP110'],
    because: 'the file names the port of SSH',
    follows: ({ ports, expose }) => ports.some((p) => p.target === 22) || expose.some((p) => p.port === 22),
  },
]

/** The reason why a finding may stand; null: it may not. */
export const followsFrom = (finding: Finding, service: Service, app: App): string | null =>
  RULES.find(
    (rule) =>
      rule.rules.includes(finding.rule) && (rule.says?.test(finding.message) ?? true) && rule.follows(service, app),
  )?.because ?? null
