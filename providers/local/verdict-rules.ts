// Verdicts that depend on a field's value and on the target's facts: what may be bound, which ports can be opened, which
// limits hold.
import { isIP } from 'node:net'
import type { Mount } from '../../core/model/app.ts'
import type { ServiceSpec, TargetSpec } from '../../core/model/native-object.ts'
import { readLocalExtra } from './facts.ts'
import { BEST_EFFORT_LIMITS } from './verdict-accept.ts'

export interface Finding {
  readonly code: string
  /** Path below the service. */
  readonly field: string
  readonly kind: 'approximated' | 'refused' | 'allowed'
  readonly message: string
  readonly hint?: string
}

export interface Judged {
  readonly spec: TargetSpec
  readonly service: ServiceSpec
  readonly driver: 'docker' | 'process'
}

export const valueFindings = (judged: Judged): readonly Finding[] => [
  ...mountFindings(judged),
  ...portFindings(judged),
  ...(judged.driver === 'process' ? processFindings(judged) : containerFindings(judged)),
]

const mountFindings = ({ service, driver }: Judged): readonly Finding[] =>
  service.service.mounts.flatMap((mount): readonly Finding[] => {
    if (mount.kind === 'other')
      return [
        {
          code: 'SP1205',
          field: 'volumes',
          kind: 'refused',
          message: `a mount of type ${mount.type} is not supported on a local target`,
          hint: 'use a volume, a bind or tmpfs',
        },
      ]
    if (mount.kind !== 'bind' || driver === 'process') return []
    const risk = riskOf(mount)
    if (risk === null) return []
    return service.service.extension.allow.includes('hostPath')
      ? [{ code: 'SP1204', field: 'volumes', kind: 'allowed', message: `${risk} (allowed by hostPath)` }]
      : [
          {
            code: 'SP1204',
            field: 'volumes',
            kind: 'refused',
            message: risk,
            hint: 'leave the mount out, or allow it: x-stormport: { allow: [hostPath] }',
          },
        ]
  })

const SOCKETS = /(^|\/)(docker|containerd|podman|crio|buildkitd)\.sock$/
const GUARDED = ['/proc', '/sys', '/dev', '/etc', '/root', '/boot']
/** Written without `ro` in very many files, and harmless. */
const HARMLESS = ['/etc/localtime', '/etc/timezone', '/dev/shm']

const riskOf = (mount: Extract<Mount, { kind: 'bind' }>): string | null => {
  if (SOCKETS.test(mount.source)) return `the engine's socket ${mount.source} gives control of this machine`
  if (mount.readOnly || HARMLESS.includes(mount.source)) return null
  const guarded =
    mount.source === '/' || GUARDED.some((path) => mount.source === path || mount.source.startsWith(`${path}/`))
  return guarded ? `the service can write to ${mount.source} of this machine` : null
}

const portFindings = ({ spec, service, driver }: Judged): readonly Finding[] => {
  const { root, unprivilegedPortStart } = readLocalExtra(spec.facts)
  if (root) return []
  return service.service.ports.flatMap((port): readonly Finding[] => {
    const byEngine = driver === 'docker' && port.mode === 'host'
    if (port.published === null || port.published >= unprivilegedPortStart || byEngine) return []
    return [
      {
        code: 'SP1209',
        field: 'ports',
        kind: 'refused',
        message: `port ${port.published} is below ${unprivilegedPortStart}, and this user may not open it`,
        hint: `publish a port from ${unprivilegedPortStart} on, or set net.ipv4.ip_unprivileged_port_start=${port.published}`,
      },
    ]
  })
}

const containerFindings = (judged: Judged): readonly Finding[] => {
  const { service } = judged.service
  const mode = service.compose.network_mode
  const shared = ['network_mode', 'ipc', 'pid'].filter((key) =>
    /^(service|container):/.test(String(service.compose[key] ?? '')),
  )
  return [
    ...shared.map(
      (field): Finding => ({
        code: 'SP1203',
        field,
        kind: 'refused',
        message: `${field} shares with one fixed container, and replicas come and go`,
        hint: 'put both programs into one service',
      }),
    ),
    ...(mode === 'host' && service.ports.length > 0 ? [hostNetworkPorts] : []),
    ...linkFindings(judged),
    ...externalFiles(judged),
    ...reachFindings(judged),
    ...pullFindings(judged),
  ]
}

const hostNetworkPorts: Finding = {
  code: 'SP1202',
  field: 'ports',
  kind: 'approximated',
  message: 'with network_mode: host the service opens its ports by itself',
}

const linkFindings = ({ service }: Judged): readonly Finding[] =>
  Object.entries(service.service.links)
    .filter(([alias, to]) => alias !== to)
    .map(
      ([alias, to]): Finding => ({
        code: 'SP1202',
        field: 'links',
        kind: 'approximated',
        message: `${alias} resolves to ${to} for every service of their networks`,
      }),
    )

const externalFiles = ({ spec, service }: Judged): readonly Finding[] =>
  (['configs', 'secrets'] as const).flatMap((field) =>
    service.service[field]
      .filter((mount) => spec.app[field].some((file) => file.key === mount.source && file.external))
      .map(
        (mount): Finding => ({
          code: 'SP1206',
          field,
          kind: 'refused',
          message: `${field} ${mount.source} is external, and a local target keeps none of its own`,
          hint: 'give it by file, content or environment',
        }),
      ),
  )

/** A name that stands for another place must be an address: engines take no names in extra_hosts. */
const reachFindings = ({ service }: Judged): readonly Finding[] =>
  Object.entries(service.reach)
    .filter(([, address]) => isIP(address.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')) === 0)
    .map(
      ([host, address]): Finding => ({
        code: 'SP1210',
        field: 'x-stormport',
        kind: 'refused',
        message: `reach: ${host} is given by the name ${address}; an engine takes an IP address only`,
        hint: `write the IP address, or give the service ${address} in its environment`,
      }),
    )

const pullFindings = ({ service }: Judged): readonly Finding[] => {
  const policy = service.service.compose.pull_policy
  if (policy === undefined || ['always', 'never', 'missing', 'if_not_present', 'build'].includes(policy)) return []
  return [
    {
      code: 'SP1202',
      field: 'pull_policy',
      kind: 'approximated',
      message: `pull_policy ${policy} is taken as missing: each deploy resolves the digest anyway`,
    },
  ]
}

const processFindings = (judged: Judged): readonly Finding[] => {
  const { service } = judged.service
  const { enforces } = readLocalExtra(judged.spec.facts)
  const loose = [
    ...(service.limits.cpuMillis !== null && !enforces.cpu ? ['CPU'] : []),
    ...(service.limits.memoryBytes !== null && !enforces.memory ? ['memory'] : []),
    ...(service.limits.pids !== null && !enforces.pids ? ['process'] : []),
  ]
  const limits: readonly Finding[] = loose.map((what) => ({
    code: BEST_EFFORT_LIMITS,
    field: 'deploy.resources.limits',
    kind: 'refused',
    message: `the ${what} limit cannot be enforced on host processes of this machine`,
    hint: `remove the limit, or take it as best effort: x-stormport: { accept: [${BEST_EFFORT_LIMITS}] }`,
  }))
  return [
    {
      code: 'SP1222',
      field: 'x-stormport',
      kind: 'approximated',
      message: 'runs as a host process, not isolated; the image is not used',
    },
    ...limits,
    ...coveredFiles(judged),
    ...externalFiles(judged),
  ]
}

/** A config or secret inside a bind would have to be written into the user's own folder. */
const coveredFiles = ({ service }: Judged): readonly Finding[] => {
  const covers = service.service.mounts.flatMap((m) => (m.kind === 'bind' || m.kind === 'volume' ? [m.target] : []))
  return (['configs', 'secrets'] as const).flatMap((field) =>
    service.service[field]
      .filter((file) => covers.some((path) => file.target === path || file.target.startsWith(`${path}/`)))
      .map(
        (file): Finding => ({
          code: 'SP1214',
          field,
          kind: 'refused',
          message: `${field} ${file.source} lies inside a mounted folder, and a host process would write it into that folder`,
          hint: 'give it another target',
        }),
      ),
  )
}
