// Who may do what: role assignments at any scope, and user-assigned identities with the service accounts that may act as
// them (ARM role-assignments-rest; managed identity REST).

import { checkGroup } from '../aks/aks.ts'
import { checkTags } from '../aks/cluster-limits.ts'
import { checkRegistered } from '../aks/clusters.ts'
import { any, listOf, mapOf, object, oneOf, readOnly, required, string } from '../schema/types.ts'
import type { Call, Operation, Reply } from '../server/calls.ts'
import type { AssignmentRecord, AzureState, FederatedCredential, IdentityRecord } from '../state.ts'
import { type ArmParts, AUTHORIZATION_VERSIONS, armFault, IDENTITY_VERSIONS } from './arm.ts'

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

const IDENTITY = object('Identity', {
  ...{ id: readOnly(string()), name: readOnly(string()), type: readOnly(string()), systemData: readOnly(any) },
  ...{ location: required(string()), tags: mapOf(string()) },
  properties: object('UserAssignedIdentityProperties', {
    ...{ tenantId: readOnly(string()), principalId: readOnly(string()), clientId: readOnly(string()) },
    isolationScope: oneOf('None', 'Regional'),
  }),
})
const FEDERATED = object('FederatedIdentityCredential', {
  ...{ id: readOnly(string()), name: readOnly(string()), type: readOnly(string()), systemData: readOnly(any) },
  properties: required(
    object('FederatedIdentityCredentialProperties', {
      ...{ issuer: required(string()), subject: required(string()), audiences: required(listOf(string())) },
    }),
  ),
})

const IDENTITIES =
  '/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities'
const IDENTITY_PATH = `${IDENTITIES}/{identity}`
const CREDENTIALS = `${IDENTITY_PATH}/federatedIdentityCredentials`

/** Seconds until the directory finds a new principal; the stand-in's own. */
const LAG_MS = 30_000

export const identityOperations = ({ state }: ArmParts): readonly Operation[] => {
  const base = { versions: IDENTITY_VERSIONS, request: null, reply: null }
  const list = (type: typeof IDENTITY) => object('List', { value: listOf(type), nextLink: string() })
  return [
    {
      ...{ ...base, name: 'userAssignedIdentities.createOrUpdate', method: 'PUT', path: IDENTITY_PATH },
      ...{ request: IDENTITY, reply: IDENTITY, handler: (call) => putIdentity(state, call) },
    },
    {
      ...{ ...base, name: 'userAssignedIdentities.get', method: 'GET', path: IDENTITY_PATH, reply: IDENTITY },
      handler: (call) => ({ status: 200, body: identityBody(state, identityOf(state, call)) }),
    },
    {
      ...{ ...base, name: 'userAssignedIdentities.delete', method: 'DELETE', path: IDENTITY_PATH },
      handler: ({ at }) => ({
        status: state.identities.delete(state.key(at.group ?? '', at.identity ?? '')) ? 200 : 204,
      }),
    },
    {
      ...{ ...base, name: 'userAssignedIdentities.listByResourceGroup', method: 'GET', path: IDENTITIES },
      ...{
        reply: list(IDENTITY),
        handler: ({ at }) => ({ status: 200, body: { value: inGroup(state, at.group ?? '') } }),
      },
    },
    {
      ...{ ...base, name: 'federatedIdentityCredentials.createOrUpdate', method: 'PUT' },
      ...{ path: `${CREDENTIALS}/{credential}`, request: FEDERATED, reply: FEDERATED },
      handler: (call) => putCredential(state, call),
    },
    {
      ...{ ...base, name: 'federatedIdentityCredentials.get', method: 'GET', path: `${CREDENTIALS}/{credential}` },
      ...{ reply: FEDERATED, handler: (call) => getCredential(state, call) },
    },
    {
      ...{
        ...base,
        name: 'federatedIdentityCredentials.delete',
        method: 'DELETE',
        path: `${CREDENTIALS}/{credential}`,
      },
      handler: (call) => ({
        status: identityOf(state, call).credentials.delete(state.key(call.at.credential ?? '')) ? 200 : 204,
      }),
    },
    {
      ...{
        ...base,
        name: 'federatedIdentityCredentials.list',
        method: 'GET',
        path: CREDENTIALS,
        reply: list(FEDERATED),
      },
      handler: (call) => {
        const identity = identityOf(state, call)
        const value = [...identity.credentials.values()].map((each) => credentialBody(identity, each))
        return { status: 200, body: { value } }
      },
    },
  ]
}

const putIdentity = (state: AzureState, { at, body }: Call): Reply => {
  const given = body as { readonly location: string; readonly tags?: Record<string, string> }
  const { group = '', identity: name = '' } = at
  checkGroup(state, group)
  checkRegistered(state, 'Microsoft.ManagedIdentity')
  checkTags(state, given.tags)
  const key = state.key(group, name)
  const standing = state.identities.get(key)
  const record: IdentityRecord = {
    id: `/subscriptions/${state.subscription}/resourceGroups/${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`,
    name,
    group,
    location: given.location,
    tags: given.tags ?? {},
    principalId: standing?.principalId ?? state.nextId(),
    clientId: standing?.clientId ?? state.nextId(),
    madeAtMs: standing?.madeAtMs ?? state.clock.now(),
    credentials: standing?.credentials ?? new Map(),
  }
  state.identities.set(key, record)
  if (standing === undefined) state.principals.set(record.principalId, state.clock.now() + LAG_MS)
  return { status: standing === undefined ? 201 : 200, body: identityBody(state, record) }
}

const identityOf = (state: AzureState, { at }: Call): IdentityRecord => {
  const found = state.identities.get(state.key(at.group ?? '', at.identity ?? ''))
  if (found !== undefined) return found
  const words = `The Resource 'Microsoft.ManagedIdentity/userAssignedIdentities/${at.identity}' under resource group '${at.group}' was not found.`
  throw armFault(404, ['ResourceNotFound', words])
}

const inGroup = (state: AzureState, group: string) =>
  [...state.identities.values()]
    .filter((each) => state.key(each.group) === state.key(group))
    .map((each) => identityBody(state, each))

const identityBody = (state: AzureState, { id, name, location, tags, principalId, clientId }: IdentityRecord) => ({
  ...{ id, name, location, tags, type: 'Microsoft.ManagedIdentity/userAssignedIdentities' },
  properties: { tenantId: state.tenant, principalId, clientId },
})

const putCredential = (state: AzureState, call: Call): Reply => {
  const identity = identityOf(state, call)
  const name = call.at.credential ?? ''
  const { properties } = call.body as { readonly properties: FederatedCredential }
  const others = [...identity.credentials.values()].filter((each) => state.key(each.name) !== state.key(name))
  const taken = others.some(
    (each) => each.properties.issuer === properties.issuer && each.properties.subject === properties.subject,
  )
  // workload-identity-federation-considerations: one issuer and subject a time, 20 an identity.
  if (taken && state.rules.holds('federation'))
    throw armFault(409, ['Conflict', `Issuer and subject combination already exists for this Managed Identity.`])
  if (others.length >= 20 && state.rules.holds('federation'))
    throw armFault(400, ['BadRequest', 'Too many Federated Identity Credentials: at most 20.'])
  const status = identity.credentials.has(state.key(name)) ? 200 : 201
  const made = { name, properties }
  identity.credentials.set(state.key(name), made)
  return { status, body: credentialBody(identity, made) }
}

const getCredential = (state: AzureState, call: Call): Reply => {
  const identity = identityOf(state, call)
  const found = identity.credentials.get(state.key(call.at.credential ?? ''))
  if (found !== undefined) return { status: 200, body: credentialBody(identity, found) }
  throw armFault(404, ['NotFound', `The federated identity credential '${call.at.credential}' was not found.`])
}

const credentialBody = (
  identity: IdentityRecord,
  { name, properties }: { readonly name: string; readonly properties: FederatedCredential },
) => ({
  id: `${identity.id}/federatedIdentityCredentials/${name}`,
  name,
  type: 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials',
  properties,
})
