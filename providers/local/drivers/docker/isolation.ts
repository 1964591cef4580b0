// Namespaces, rights and kernel settings of a container as Compose states them.
import { StormportError } from '../../../../core/errors.ts'
import type { ComposeService } from '../../../../core/model/compose.ts'
import type { Json } from './container.ts'

export const isolationFields = (compose: ComposeService): Json => ({
  Init: compose.init,
  Privileged: compose.privileged,
  ReadonlyRootfs: compose.read_only,
  CapAdd: compose.cap_add,
  CapDrop: compose.cap_drop,
  SecurityOpt: compose.security_opt,
  GroupAdd: compose.group_add,
  Sysctls: compose.sysctls,
  Runtime: compose.runtime,
  IpcMode: ownNamespace(compose, 'ipc'),
  PidMode: ownNamespace(compose, 'pid'),
  UTSMode: compose['uts'],
  UsernsMode: compose['userns_mode'],
  CgroupnsMode: compose['cgroup'],
  CgroupParent: compose['cgroup_parent'],
  Isolation: compose['isolation'],
  StorageOpt: compose['storage_opt'],
  Annotations: compose.annotations,
})

/** Another container's namespace has no meaning where each service has several replicas that come and go. */
const ownNamespace = (compose: ComposeService, key: 'ipc' | 'pid'): unknown => {
  const mode = compose[key]
  if (typeof mode === 'string' && mode.startsWith('service:')) {
    throw new StormportError('Unsupported', `${key}: ${mode} needs one fixed container to share with.`, {
      hint: `Remove ${key}:, or put both programs into one service.`,
    })
  }
  return mode
}
