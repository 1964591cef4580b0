// Resource groups: made, read, tagged, and removed with all that lies in them (ARM, manage-resource-groups).
import { checkLocks } from '../aks/aks.ts'
import { checkTags } from '../aks/cluster-limits.ts'
import { begin } from '../lro.ts'
import { any, listOf, mapOf, object, readOnly, required, string } from '../schema/types.ts'
import type { Call, Operation, Reply } from '../server/calls.ts'
import type { AzureState, GroupRecord } from '../state.ts'
import { type ArmParts, armFault, byTag, RESOURCES_VERSIONS } from './arm.ts'

const GROUP = object('ResourceGroup', {
  ...{ id: readOnly(string()), name: readOnly(string()), type: readOnly(string()) },
  ...{ location: required(string()), managedBy: string(), tags: mapOf(string()) },
  properties: object('ResourceGroupProperties', { provisioningState: readOnly(string()) }),
})
const PATCH = object('ResourceGroupPatchable', {
  ...{ name: string(), managedBy: string(), tags: mapOf(string()) },
  properties: object('ResourceGroupProperties', { provisioningState: readOnly(string()) }),
})
const RESOURCES = object('ResourceListResult', { value: listOf(any), nextLink: string() })

const GROUPS_PATH = '/subscriptions/{subscription}/resourceGroups'
const GROUP_PATH = `${GROUPS_PATH}/{group}`

/** Minutes until a group and all in it is gone; the stand-in's own. */
const REMOVE_MINUTES = 3

export const groupOperations = (arm: ArmParts): readonly Operation[] => {
  const { state } = arm
  const base = { versions: RESOURCES_VERSIONS, request: null, reply: null }
  return [
    {
      ...{ ...base, name: 'resourceGroups.createOrUpdate', method: 'PUT', path: GROUP_PATH, request: GROUP },
      ...{ reply: GROUP, handler: (call) => put(state, call) },
    },
    {
      ...{ ...base, name: 'resourceGroups.get', method: 'GET', path: GROUP_PATH, reply: GROUP },
      handler: (call) => ({ status: 200, body: groupBody(groupOf(state, call)) }),
    },
    {
      ...{ ...base, name: 'resourceGroups.checkExistence', method: 'HEAD', path: GROUP_PATH },
      handler: ({ at }) => ({ status: state.groups.has(state.key(at.group ?? '')) ? 204 : 404 }),
    },
    {
      ...{ ...base, name: 'resourceGroups.update', method: 'PATCH', path: GROUP_PATH, request: PATCH, reply: GROUP },
      handler: (call) => retag(state, call),
    },
    {
      ...{ ...base, name: 'resourceGroups.delete', method: 'DELETE', path: GROUP_PATH },
      handler: (call) => remove(arm, call),
    },
    {
      ...{ ...base, name: 'resourceGroups.list', method: 'GET', path: GROUPS_PATH },
      reply: object('List', { value: listOf(GROUP), nextLink: string() }),
      handler: ({ query }) => ({ status: 200, body: { value: listed(state, query.get('$filter')) } }),
    },
    {
      ...{ ...base, name: 'resources.list', method: 'GET', path: '/subscriptions/{subscription}/resources' },
      ...{ reply: RESOURCES, handler: ({ query }) => resources(state, null, query.get('$filter')) },
    },
    {
      ...{ ...base, name: 'resources.listByResourceGroup', method: 'GET', path: `${GROUP_PATH}/resources` },
      reply: RESOURCES,
      handler: (call) => resources(state, groupOf(state, call).name, call.query.get('$filter')),
    },
    {
      ...{ ...base, name: 'status.getGroup', method: 'GET' },
      path: '/subscriptions/{subscription}/operationresults/{operation}',
      handler: ({ at }) => ({ status: state.operations.get(at.operation ?? '')?.rested === true ? 200 : 202 }),
    },
  ]
}

const put = (state: AzureState, { at, body }: Call): Reply => {
  const given = body as { readonly location: string; readonly tags?: Record<string, string> }
  const name = at.group ?? ''
  checkTags(state, given.tags)
  // ARM, resource-name-rules: 1 to 90 of letters, digits, _ - . ( ), no dot at the end.
  if (!/^[-\w.()]{0,89}[-\w()]$/.test(name) && state.rules.holds('names'))
    throw armFault(400, ['InvalidResourceGroup', `The resource group name '${name}' is invalid.`])
  const standing = state.groups.get(state.key(name))
  if (standing !== undefined && standing.location !== given.location.toLowerCase())
    throw armFault(409, [
      'InvalidResourceGroupLocation',
      `Invalid resource group location '${given.location}'. The Resource group already exists in location '${standing.location}'.`,
    ])
  const group: GroupRecord = {
    id: standing?.id ?? `/subscriptions/${state.subscription}/resourceGroups/${name}`,
    name: standing?.name ?? name,
    location: given.location.toLowerCase(),
    tags: given.tags ?? {},
    managedBy: standing?.managedBy ?? null,
    provisioningState: 'Succeeded',
  }
  state.groups.set(state.key(name), group)
  return { status: standing === undefined ? 201 : 200, body: groupBody(group) }
}

const groupOf = (state: AzureState, { at }: Call): GroupRecord => {
  const found = state.groups.get(state.key(at.group ?? ''))
  if (found !== undefined) return found
  throw armFault(404, ['ResourceGroupNotFound', `Resource group '${at.group}' could not be found.`])
}

const retag = (state: AzureState, call: Call): Reply => {
  const group = groupOf(state, call)
  const { tags } = call.body as { readonly tags?: Record<string, string> }
  checkTags(state, tags)
  group.tags = tags ?? group.tags
  return { status: 200, body: groupBody(group) }
}

const remove = ({ state, origin }: ArmParts, call: Call): Reply => {
  const group = groupOf(state, call)
  checkLocks(state, [group.name])
  group.provisioningState = 'Deleting'
  const inside = (id: string): boolean => state.key(id).startsWith(`${state.key(group.id)}/`)
  const operation = begin(state, {
    request: call.operation.name,
    cluster: null,
    word: 'Deleting',
    minutes: REMOVE_MINUTES,
    finish: () => {
      for (const [key, cluster] of state.clusters)
        if (inside(cluster.id)) {
          state.groups.delete(state.key(cluster.props.nodeResourceGroup ?? ''))
          state.clusters.delete(key)
        }
      for (const all of [state.identities, state.others, state.assignments])
        for (const [key, each] of all) if (inside(each.id)) all.delete(key)
      state.groups.delete(state.key(group.name))
    },
  })
  const [version] = RESOURCES_VERSIONS
  const location = `${origin()}/subscriptions/${state.subscription}/operationresults/${operation.id}?api-version=${version}`
  return { status: 202, headers: { location } }
}

const listed = (state: AzureState, filter: string | null) =>
  [...state.groups.values()].filter(byTag(filter)).map(groupBody)

const groupBody = ({ id, name, location, tags, managedBy, provisioningState }: GroupRecord) => ({
  ...{ id, name, type: 'Microsoft.Resources/resourceGroups', location, tags },
  ...(managedBy === null ? {} : { managedBy }),
  properties: { provisioningState },
})

const resources = (state: AzureState, group: string | null, filter: string | null): Reply => {
  const clusters = [...state.clusters.values()].map(({ id, name, location, tags }) => ({
    ...{ id, name, location, tags, type: 'Microsoft.ContainerService/managedClusters' },
  }))
  const identities = [...state.identities.values()].map(({ id, name, location, tags }) => ({
    ...{ id, name, location, tags, type: 'Microsoft.ManagedIdentity/userAssignedIdentities' },
  }))
  const others = [...state.others.values()].map(({ id, name, location, type, tags = {} }) => ({
    ...{ id, name, location, type, tags },
  }))
  const type = /resourceType eq '([^']*)'/i.exec(filter ?? '')?.[1]?.toLowerCase()
  const within = group === null ? '' : state.key(`/subscriptions/${state.subscription}/resourceGroups/${group}/`)
  const value = [...clusters, ...identities, ...others]
    .filter((each) => state.key(each.id).startsWith(within))
    .filter((each) => type === undefined || each.type.toLowerCase() === type)
    .filter(byTag(filter))
  return { status: 200, body: { value } }
}
