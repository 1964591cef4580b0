// Users of a test plane: certificates that name them, and the roles that say what they may do.
import type { Plane } from '../../clusters/index.ts'

export const RBAC = '/apis/rbac.authorization.k8s.io/v1'

interface Rule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly resourceNames?: readonly string[]
  readonly verbs: readonly string[]
}

export interface RoleBody {
  readonly kind: 'Role' | 'ClusterRole'
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly rules: readonly Rule[]
}

/** May do everything, but by a role: unlike system:masters it can be restricted and is written down by an audit. */
export const administrator = async (plane: Plane, user: string): Promise<string> => {
  await bind(plane, { user, role: { kind: 'ClusterRole', name: 'cluster-admin' }, namespace: null })
  return plane.kubeconfigFor({ user })
}

/** Makes the role and binds the user to it: in its namespace, or everywhere. */
export const grant = async (plane: Plane, user: string, role: RoleBody): Promise<void> => {
  const namespace = role.metadata.namespace ?? null
  const place = namespace === null ? '' : `/namespaces/${namespace}`
  await plane.api.request('POST', `${RBAC}${place}/${role.kind === 'Role' ? 'roles' : 'clusterroles'}`, role)
  await bind(plane, { user, role: { kind: role.kind, name: role.metadata.name }, namespace })
}

interface Binding {
  readonly user: string
  readonly role: { readonly kind: string; readonly name: string }
  readonly namespace: string | null
}

const bind = async (plane: Plane, { user, role, namespace }: Binding): Promise<void> => {
  const apiGroup = 'rbac.authorization.k8s.io'
  const body = {
    metadata: { name: `${user}-${role.name}` },
    roleRef: { apiGroup, ...role },
    subjects: [{ apiGroup, kind: 'User', name: user }],
  }
  const path = namespace === null ? 'clusterrolebindings' : `namespaces/${namespace}/rolebindings`
  await plane.api.request('POST', `${RBAC}/${path}`, body)
}
