// User-assigned identities, and the service accounts that may act as them (managed identity REST).
import { checkGroup } from '../aks/aks.ts'
import { checkTags } from '../aks/cluster-limits.ts'
import { checkRegistered } from '../aks/clusters.ts'
import { any, listOf, mapOf, object, oneOf, readOnly, required, string } from '../schema/types.ts'
import type { Call, Operation, Reply } from '../server/calls.ts'
import type { AzureState, FederatedCredential, IdentityRecord } from '../state.ts'
import { type ArmParts, armFault, IDENTITY_VERSIONS } from './arm.ts'

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

const base = { versions: IDENTITY_VERSIONS, request: null, reply: null }
const list = (type: typeof IDENTITY) => object('List', { value: listOf(type), nextLink: string() })

export const identityOperations = ({ state }: ArmParts): readonly Operation[] => [
  ...ownOperations(state),
  ...credentialOperations(state),
]

const ownOperations = (state: AzureState): readonly Operation[] => {
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
  ]
}

const credentialOperations = (state: AzureState): readonly Operation[] => {
  return [
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
