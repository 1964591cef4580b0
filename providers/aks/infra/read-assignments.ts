// Rights that are given at the cluster, or to its identities. Ours is what carries the name that we would give it; the same
// right under another name is somebody else's, and ours to leave alone.

import type { Owner } from '../../../core/model/infra-owner.ts'
import type { ObservedObject } from '../../../core/model/replica.ts'
import type { AksTarget } from '../clusters.ts'
import { azureError } from '../errors.ts'
import { isGone } from '../fault.ts'
import { aksSettings } from '../settings.ts'
import { ASSIGNMENTS_VERSION, record } from './ground.ts'
import { assignmentName } from './names.ts'
import { assignmentHash, assignmentId, STAGES } from './objects.ts'

export interface Principals {
  /** '': not there. */
  readonly kubelet: string
  readonly identity: string
  readonly deployer: string
}

interface Assignment {
  readonly id: string
  readonly name: string
  readonly scope: string
  readonly role: string
  readonly principal: string
}

export const readAssignments = async (
  aks: AksTarget,
  of: { readonly owner: Owner; readonly principals: Principals; readonly cluster: string | null },
  signal: AbortSignal,
): Promise<readonly ObservedObject[]> => {
  const { subscription } = aksSettings(aks.target)
  const holders = [of.principals.kubelet, of.principals.identity].filter((each) => each !== '')
  const lists = await Promise.all([
    ...holders.map((principal) =>
      list(aks, { scope: `/subscriptions/${subscription}`, filter: `principalId eq '${principal}'` }, signal),
    ),
    ...(of.cluster === null ? [] : [list(aks, { scope: of.cluster, filter: 'atScope()' }, signal)]),
  ])
  const all = new Map(
    lists
      .flat()
      .flatMap((each) => observed(each, of))
      .map((each) => [each.id, each]),
  )
  return [...all.values()]
}

const list = async (
  aks: AksTarget,
  { scope, filter }: { readonly scope: string; readonly filter: string },
  signal: AbortSignal,
): Promise<readonly Assignment[]> => {
  const path = `${scope}/providers/Microsoft.Authorization/roleAssignments`
  const found: Assignment[] = []
  try {
    for (let next: string | null = path; next !== null; ) {
      const first = next === path
      const { body } = await aks.clients.arm(
        {
          method: 'GET',
          path: next,
          version: first ? ASSIGNMENTS_VERSION : '',
          ...(first ? { query: { $filter: filter } } : {}),
        },
        signal,
      )
      const page = record(body)
      found.push(...(Array.isArray(page['value']) ? page['value'] : []).map(assignmentOf))
      next = typeof page['nextLink'] === 'string' ? page['nextLink'] : null
    }
    return found
  } catch (error) {
    if (isGone(error)) return []
    throw azureError(error, 'list the role assignments', aks.target.name)
  }
}

const assignmentOf = (value: unknown): Assignment => {
  const { id, name, properties } = record(value)
  const { scope, roleDefinitionId, principalId } = record(properties)
  const role =
    String(roleDefinitionId ?? '')
      .split('/')
      .at(-1) ?? ''
  return { id: String(id), name: String(name), scope: String(scope ?? ''), role, principal: String(principalId ?? '') }
}

const observed = (
  { id, name, scope, role, principal }: Assignment,
  {
    owner,
    principals,
    cluster,
  }: { readonly owner: Owner; readonly principals: Principals; readonly cluster: string | null },
): readonly ObservedObject[] => {
  const roles = Object.entries(principals).flatMap(([label, each]) => (each === principal ? [label] : []))
  const names = [...roles, principal].map((label) => assignmentName(owner, { scope, role, label }))
  // A deployer of before: ours by its name, and to be taken away with the cluster.
  const before = assignmentName(owner, { scope, role, label: 'deployer' })
  const stage =
    scope.toLowerCase() === cluster?.toLowerCase() || principal === principals.kubelet ? STAGES.access : STAGES.grant
  const base = { kind: 'RoleAssignment', uid: id, scope: 'target', guard: 'none', stage, drift: [] } as const
  const readiness = { state: 'ready', retriable: false } as const
  const own = [...names, before].find((each) => each === name.toLowerCase())
  if (own !== undefined)
    return [{ ...base, id: assignmentId(own), name: own, owner: 'ours', hash: assignmentHash(own), readiness }]
  return names.map((each) => ({ ...base, id: assignmentId(each), name: each, owner: 'foreign', readiness }))
}
