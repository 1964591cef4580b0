// Who may do what: role assignments at any scope (ARM, role-assignments-rest) and the built-in roles that a deploy names.
import { any, listOf, object, oneOf, readOnly, required, string } from '../schema/types.ts'
import type { Call, Operation, Reply } from '../server/calls.ts'
import type { AssignmentRecord, AzureState } from '../state.ts'
import { type ArmParts, AUTHORIZATION_VERSIONS, armFault } from './arm.ts'

const ASSIGNMENT = object('RoleAssignment', {
  ...{ id: readOnly(string()), name: readOnly(string()), type: readOnly(string()) },
  properties: required(
    object('RoleAssignmentProperties', {
      ...{ roleDefinitionId: required(string()), principalId: required(string()), scope: readOnly(string()) },
      principalType: oneOf('User', 'Group', 'ServicePrincipal', 'ForeignGroup', 'Device'),
      ...{ description: string(), condition: string(), conditionVersion: string() },
      ...{ delegatedManagedIdentityResourceId: string(), createdOn: readOnly(string()), updatedOn: readOnly(string()) },
    }),
  ),
})

const ASSIGNMENTS = '{+scope}/providers/Microsoft.Authorization/roleAssignments'

export const assignmentOperations = ({ state }: ArmParts): readonly Operation[] => {
  const base = { versions: AUTHORIZATION_VERSIONS, request: null, reply: ASSIGNMENT }
  return [
    {
      ...{ ...base, name: 'roleAssignments.create', method: 'PUT', path: `${ASSIGNMENTS}/{name}` },
      ...{ request: ASSIGNMENT, handler: (call) => assign(state, call) },
    },
    {
      ...{ ...base, name: 'roleAssignments.get', method: 'GET', path: `${ASSIGNMENTS}/{name}` },
      handler: (call) => ({ status: 200, body: assignmentBody(assignmentOf(state, call)) }),
    },
    {
      ...{ ...base, name: 'roleAssignments.delete', method: 'DELETE', path: `${ASSIGNMENTS}/{name}` },
      handler: ({ at }) => unassign(state, at),
    },
    {
      ...{ ...base, name: 'roleDefinitions.list', method: 'GET', reply: object('List', { value: listOf(any) }) },
      path: '{+scope}/providers/Microsoft.Authorization/roleDefinitions',
      handler: (call) => definitions(state, call),
    },
    {
      ...{ ...base, name: 'roleAssignments.listForScope', method: 'GET', path: ASSIGNMENTS },
      reply: object('List', { value: listOf(ASSIGNMENT), nextLink: string() }),
      handler: (call) => ({ status: 200, body: { value: assigned(state, call).map(assignmentBody) } }),
    },
  ]
}

/** Built-in roles that a deploy of AKS deals with (azure built-in roles). */
const ROLES: Readonly<Record<string, string>> = {
  'Azure Kubernetes Service RBAC Cluster Admin': 'b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b',
  'Azure Kubernetes Service RBAC Admin': '3498e952-d568-435e-9b2c-8d77e338d7f7',
  'Azure Kubernetes Service RBAC Writer': 'a7ffa36f-339b-4b5c-8bdf-e2c188b2c0eb',
  'Azure Kubernetes Service RBAC Reader': '7f6c6a51-bcf8-42ba-9220-52d62157d7db',
  'Azure Kubernetes Service Cluster User Role': '4abbcc35-e782-43d8-92c5-2d3f1bd2253f',
  'Network Contributor': '4d97b98b-1d4f-4787-a291-c67834d212e7',
  'Managed Identity Operator': 'f1a07417-d97a-45cb-824c-7a7467783830',
  AcrPull: '7f951dda-4ed3-4680-a7ca-43fe172d538d',
}

const definitions = (state: AzureState, { query }: Call): Reply => {
  const wanted = /roleName eq '([^']*)'/i.exec(query.get('$filter') ?? '')?.[1]
  const value = Object.entries(ROLES)
    .filter(([roleName]) => wanted === undefined || wanted === roleName)
    .map(([roleName, name]) => ({
      id: `/subscriptions/${state.subscription}/providers/Microsoft.Authorization/roleDefinitions/${name}`,
      name,
      type: 'Microsoft.Authorization/roleDefinitions',
      properties: { roleName, type: 'BuiltInRole' },
    }))
  return { status: 200, body: { value } }
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

const assign = (state: AzureState, call: Call): Reply => {
  const { properties } = call.body as { readonly properties: Omit<AssignmentRecord, 'id' | 'name' | 'scope'> }
  const { scope = '', name = '' } = call.at
  if (!UUID.test(name))
    throw armFault(400, ['InvalidRoleAssignmentId', `The role assignment ID '${name}' is not valid.`])
  const key = state.key(scope, name)
  const made = { id: `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`, name, scope, ...properties }
  const same = (other: AssignmentRecord): boolean =>
    state.key(other.scope) === state.key(scope) &&
    other.principalId === properties.principalId &&
    guidOf(other.roleDefinitionId) === guidOf(properties.roleDefinitionId)
  const standing = state.assignments.get(key)
  if (standing !== undefined && same(standing)) return { status: 200, body: assignmentBody(standing) }
  if (standing !== undefined)
    throw armFault(400, [
      'RoleAssignmentUpdateNotPermitted',
      'Tenant ID, application ID, principal ID, and scope are not allowed to be updated.',
    ])
  // Azure/AKS#548: an assignment of the same is an error, whatever its name.
  if ([...state.assignments.values()].some(same) && state.rules.holds('assignmentExists'))
    throw armFault(409, ['RoleAssignmentExists', 'The role assignment already exists.'])
  // role-assignments-rest: a new principal may not be found yet, unless principalType is given.
  const visible = (state.principals.get(properties.principalId) ?? 0) <= state.clock.now()
  if (!visible && properties.principalType === undefined && state.rules.holds('principalLag'))
    throw armFault(400, ['PrincipalNotFound', `Principal ${properties.principalId} does not exist in the directory.`])
  const record = { ...made, principalType: properties.principalType ?? 'ServicePrincipal' }
  state.assignments.set(key, record)
  return { status: 201, body: assignmentBody(record) }
}

const guidOf = (roleDefinitionId: string): string => (roleDefinitionId.split('/').at(-1) ?? '').toLowerCase()

const assignmentOf = (state: AzureState, { at }: Call): AssignmentRecord => {
  const found = state.assignments.get(state.key(at.scope ?? '', at.name ?? ''))
  if (found !== undefined) return found
  throw armFault(404, ['RoleAssignmentNotFound', `The role assignment '${at.name}' is not found.`])
}

const unassign = (state: AzureState, { scope = '', name = '' }: Call['at']): Reply => {
  const found = state.assignments.get(state.key(scope, name))
  if (found === undefined) return { status: 204 }
  state.assignments.delete(state.key(scope, name))
  return { status: 200, body: assignmentBody(found) }
}

/** Those of the scope, of what lies above it and, without atScope(), of what lies below. */
const assigned = (state: AzureState, { at, query }: Call): readonly AssignmentRecord[] => {
  const scope = state.key(at.scope ?? '')
  const filter = query.get('$filter') ?? ''
  const principal = /(?:principalId eq|assignedTo\()\s*'([^']*)'/i.exec(filter)?.[1]
  return [...state.assignments.values()].filter((each) => {
    const own = state.key(each.scope)
    const above = scope === own || scope.startsWith(`${own}/`)
    const below = own.startsWith(`${scope}/`) && !/atScope\(\)/i.test(filter)
    return (above || below) && (principal === undefined || principal === each.principalId)
  })
}

const assignmentBody = ({ id, name, scope, roleDefinitionId, principalId, principalType }: AssignmentRecord) => ({
  ...{ id, name, type: 'Microsoft.Authorization/roleAssignments' },
  properties: { scope, roleDefinitionId, principalId, principalType },
})
