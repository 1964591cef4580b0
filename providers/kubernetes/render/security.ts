// Security contexts of pod and container (DESIGN section 11): as strict as what the service needs lets it be.
import type { ServiceSpec } from '../../../core/model/native-object.ts'
import type { RenderContext } from './context.ts'
import { capabilityName, hasOptIn, SAFE_SYSCTLS } from './demands.ts'
import { defined, type Json, orNothing } from './object.ts'
import { type ContainerUser, isNonRoot, userOf } from './user.ts'

export const podSecurityContext = (s: ServiceSpec, context: RenderContext): Json => {
  const user = userOf(s, context)
  const options = s.service.compose.security_opt ?? []
  const label = hasOptIn(s.service, 'selinux') ? seLinuxOf(options) : undefined
  return defined({
    ...identityOf(user),
    supplementalGroups: orNothing((s.service.compose.group_add ?? []).map(Number).filter(Number.isInteger)),
    seccompProfile: seccompOf(s),
    appArmorProfile:
      hasOptIn(s.service, 'apparmor') && options.some((o) => /^apparmor[=:]unconfined$/.test(o))
        ? { type: 'Unconfined' }
        : appArmorOf(options),
    seLinuxOptions: label,
    sysctls: orNothing(sysctlsOf(s)),
  })
}

/** The group owns what is mounted, so that a user who is not root can write its volumes and read its files. */
const identityOf = (user: ContainerUser): Json => {
  if (user.kind !== 'numeric') return {}
  const ids = user.written ? defined({ runAsUser: user.uid, runAsGroup: user.gid ?? undefined }) : {}
  if (user.uid === 0) return ids
  return { runAsNonRoot: true, ...ids, fsGroup: user.gid || user.uid, fsGroupChangePolicy: 'OnRootMismatch' }
}

const seccompOf = ({ service }: ServiceSpec): Json => {
  const unconfined = (service.compose.security_opt ?? []).some((o) => /^seccomp[=:]unconfined$/.test(o))
  return { type: unconfined && hasOptIn(service, 'seccomp') ? 'Unconfined' : 'RuntimeDefault' }
}

const appArmorOf = (options: readonly string[]): Json | undefined => {
  const profile = options
    .map((o) => /^apparmor[=:](.+)$/.exec(o)?.[1])
    .find((p) => p !== undefined && p !== 'unconfined')
  if (profile === undefined) return undefined
  return profile === 'docker-default' ? { type: 'RuntimeDefault' } : { type: 'Localhost', localhostProfile: profile }
}

const SELINUX_KEYS = ['user', 'role', 'type', 'level']

const seLinuxOf = (options: readonly string[]): Json | undefined =>
  orNothing(
    Object.fromEntries(
      options.flatMap((option) => {
        if (/^label[=:]disable$/.test(option)) return [['type', 'spc_t']]
        const match = /^label[=:](\w+):(.+)$/.exec(option)
        return match?.[1] !== undefined && SELINUX_KEYS.includes(match[1]) ? [[match[1], match[2]]] : []
      }),
    ),
  )

const sysctlsOf = ({ service }: ServiceSpec): readonly Json[] =>
  Object.entries(service.compose.sysctls ?? {})
    .filter(([name]) => SAFE_SYSCTLS.has(name) || hasOptIn(service, 'sysctls'))
    .map(([name, value]) => ({ name, value: String(value) }))

export const containerSecurityContext = (s: ServiceSpec, context: RenderContext): Json => {
  const { compose } = s.service
  if (compose.privileged === true && hasOptIn(s.service, 'privileged'))
    return defined({ privileged: true, readOnlyRootFilesystem: compose.read_only === true ? true : undefined })
  const user = userOf(s, context)
  const add = (compose.cap_add ?? []).map(capabilityName)
  const mayGain = add.some((name) => name !== 'NET_BIND_SERVICE')
  return defined({
    // The API refuses `false` beside SYS_ADMIN.
    allowPrivilegeEscalation:
      mayGain && (add.includes('SYS_ADMIN') || !forbidsGain(compose.security_opt)) ? undefined : false,
    runAsNonRoot: isNonRoot(user) ? true : undefined,
    capabilities: orNothing(
      defined({
        add: orNothing([...new Set(add)].sort()),
        drop: orNothing(droppedOf(compose.cap_drop ?? [], isNonRoot(user))),
      }),
    ),
    readOnlyRootFilesystem: compose.read_only === true ? true : undefined,
  })
}

/** Containers of root users need some of Docker's capabilities, and only the file could say which. */
const droppedOf = (written: readonly string[], nonRoot: boolean): readonly string[] => {
  const names = [...new Set(written.map(capabilityName))].sort()
  return nonRoot || names.includes('ALL') ? ['ALL'] : names
}

const forbidsGain = (options: readonly string[] | undefined): boolean =>
  (options ?? []).some((option) => /^no-new-privileges(?:[=:]true)?$/.test(option))
