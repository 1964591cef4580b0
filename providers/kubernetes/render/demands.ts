// What a service asks of the machine beyond Pod Security `restricted`, each with what would make it unnecessary. Render,
// verdicts and the namespace's level all go by this one list (DESIGN section 11, Workload hardening).
import type { Service } from '../../../core/model/app.ts'
import type { ServiceSpec } from '../../../core/model/native-object.ts'
import type { PodSecurityLevel } from '../facts.ts'
import type { RenderContext } from './context.ts'
import { isNonRoot, userOf } from './user.ts'
import { isHostPath, isInlineNfs } from './volume-kind.ts'

export interface Demand {
  /** Path below the service. */
  readonly field: string
  /** The weakest level that admits it. */
  readonly level: 'baseline' | 'privileged'
  readonly what: string
  readonly remedy: string
  /** Word of x-stormport.allow without which it is refused; null: the level alone decides. */
  readonly optIn: string | null
}

/** Pod Security baseline lets these be added. */
const BASELINE_CAPABILITIES = new Set(
  'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split(
    ' ',
  ),
)

/** Namespaced and without effect on others: every kubelet takes them. */
export const SAFE_SYSCTLS: ReadonlySet<string> = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ping_group_range',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.tcp_wmem',
])

export const demandsOf = (s: ServiceSpec, context: RenderContext): readonly Demand[] => [
  ...userDemands(s, context),
  ...capabilityDemands(s.service),
  ...hostDemands(s.service),
  ...optionDemands(s.service),
  ...sysctlDemands(s.service),
  ...volumeDemands(s.service, context),
]

const userDemands = (s: ServiceSpec, context: RenderContext): readonly Demand[] => {
  const user = userOf(s, context)
  if (isNonRoot(user)) return []
  const what =
    user.kind === 'numeric'
      ? user.written
        ? 'it runs as root'
        : 'its image runs as root'
      : user.kind === 'named'
        ? `the number of user ${user.name} is not known`
        : 'the user of its image is not known'
  const remedy = 'write user: "10001:10001", or another number that the image can run as'
  return [{ field: 'user', level: 'baseline', what, remedy, optIn: null }]
}

export const capabilityName = (text: string): string => text.toUpperCase().replace(/^CAP_/, '')

const capabilityDemands = ({ compose }: Service): readonly Demand[] =>
  (compose.cap_add ?? [])
    .map(capabilityName)
    .filter((name) => name !== 'NET_BIND_SERVICE')
    .map((name) => ({
      field: 'cap_add',
      level: BASELINE_CAPABILITIES.has(name) ? 'baseline' : 'privileged',
      what: `it adds the capability ${name}`,
      remedy: `take ${name} out of cap_add`,
      optIn: null,
    }))

const host = (field: string, what: string, optIn: string): Demand => ({
  field,
  level: 'privileged',
  what,
  remedy: `take it out, or allow it: x-stormport: { allow: [${optIn}] }`,
  optIn,
})

const hostDemands = ({ compose, ports }: Service): readonly Demand[] => [
  ...(compose.privileged === true ? [host('privileged', 'it is privileged', 'privileged')] : []),
  ...(compose.network_mode === 'host' ? [host('network_mode', "it uses the node's network", 'hostNetwork')] : []),
  ...(compose['pid'] === 'host' ? [host('pid', "it sees the node's processes", 'hostPID')] : []),
  ...(compose['ipc'] === 'host' ? [host('ipc', "it shares the node's IPC", 'hostIPC')] : []),
  ...(ports.some((p) => p.mode === 'host') ? [host('ports', 'it opens ports of the node', 'hostPort')] : []),
]

const optionDemands = ({ compose }: Service): readonly Demand[] =>
  (compose.security_opt ?? []).flatMap((option): readonly Demand[] => {
    if (/^seccomp[=:]unconfined$/.test(option))
      return [host('security_opt', 'its system calls are not filtered', 'seccomp')]
    if (/^apparmor[=:]unconfined$/.test(option))
      return [host('security_opt', 'AppArmor does not confine it', 'apparmor')]
    if (/^label[=:]/.test(option)) return [host('security_opt', 'it sets its SELinux label', 'selinux')]
    return []
  })

const sysctlDemands = ({ compose }: Service): readonly Demand[] =>
  Object.keys(compose.sysctls ?? {})
    .filter((name) => !SAFE_SYSCTLS.has(name))
    .map((name) =>
      host('sysctls', `kubelets refuse the sysctl ${name} unless their configuration allows it`, 'sysctls'),
    )

const volumeDemands = (service: Service, context: RenderContext): readonly Demand[] =>
  service.mounts.flatMap((mount): readonly Demand[] => {
    if (isHostPath(mount, context.spec))
      return [host('volumes', `it mounts ${'source' in mount ? mount.source : mount.target} of the node`, 'hostPath')]
    if (isInlineNfs(mount, context.spec))
      return [
        {
          field: 'volumes',
          level: 'baseline',
          what: 'it mounts an NFS share',
          remedy: 'give the volume a storage class instead of driver_opts',
          optIn: null,
        },
      ]
    return []
  })

/** An opt-in is given by its word, or by asking for the privileged level as a whole. */
export const isAllowed = ({ extension }: Service, demand: Demand): boolean =>
  demand.optIn === null || extension.security === 'privileged' || extension.allow.includes(demand.optIn)

/** The level of the pod as it is rendered: what is not allowed is not rendered either. */
export const levelOf = (s: ServiceSpec, context: RenderContext): PodSecurityLevel =>
  demandsOf(s, context)
    .filter((demand) => isAllowed(s.service, demand))
    .reduce<PodSecurityLevel>((level, demand) => weaker(level, demand.level), 'restricted')

const RANK: Readonly<Record<PodSecurityLevel, number>> = { restricted: 0, baseline: 1, privileged: 2 }

export const weaker = (a: PodSecurityLevel, b: PodSecurityLevel): PodSecurityLevel => (RANK[a] >= RANK[b] ? a : b)

export const admits = (enforced: PodSecurityLevel, level: PodSecurityLevel): boolean => RANK[enforced] >= RANK[level]

/** True when the service may have what the demand with this word asks for. */
export const hasOptIn = (service: Service, optIn: string): boolean =>
  service.extension.security === 'privileged' || service.extension.allow.includes(optIn)
