// What stands around a cluster: its resource group, its identity and the rights that are given. Each is one request that may
// be repeated; what carries our tags, or our name where there are no tags, counts as done.
import { StormportError } from '../../../core/errors.ts'
import type { ArmRequest } from '../client.ts'
import type { AksTarget } from '../clusters.ts'
import { azureError } from '../errors.ts'
import { isAzureFault, isGone } from '../fault.ts'
import { aksSettings, groupPath } from '../settings.ts'
import type { AssignmentBody, PlacedBody } from './bodies.ts'
import { isOurs, type Tags } from './names.ts'
import { identityPath } from './objects.ts'
import { type Applied, foreign, type Removal, type Step } from './step.ts'

export const GROUPS_VERSION = '2025-04-01'
export const IDENTITIES_VERSION = '2024-11-30'
export const ASSIGNMENTS_VERSION = '2022-04-01'

export interface Placed {
  readonly id: string
  readonly location: string
  readonly tags: Tags
  readonly properties: Readonly<Record<string, string>>
}

/** null: not there. */
export const readPlaced = async (
  aks: AksTarget,
  request: Pick<ArmRequest, 'path' | 'version'>,
  signal: AbortSignal,
): Promise<Placed | null> => {
  try {
    const { body } = await aks.clients.arm({ method: 'GET', ...request }, signal)
    const found = record(body)
    return {
      id: String(found['id'] ?? ''),
      location: String(found['location'] ?? ''),
      tags: record(found['tags']) as Tags,
      properties: record(found['properties']) as Record<string, string>,
    }
  } catch (error) {
    if (isGone(error)) return null
    throw azureError(error, `look at ${request.path.split('/').at(-1)}`, aks.target.name)
  }
}

export const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}

export const applyGroup = async (step: Step<PlacedBody>): Promise<Applied> => {
  const at = { path: groupPath(aksSettings(step.aks.target)), version: GROUPS_VERSION }
  const live = await readPlaced(step.aks, at, step.signal)
  if (live !== null && !isOurs(live.tags, step.owner)) return { changed: false }
  await put(step, { ...at, doing: `make resource group ${step.name}`, live })
  return { changed: true }
}

export const applyIdentity = async (step: Step<PlacedBody>): Promise<Applied> => {
  const { aks, owner, name } = step
  const at = { path: identityPath(aksSettings(aks.target), owner), version: IDENTITIES_VERSION }
  const live = await readPlaced(aks, at, step.signal)
  if (live !== null && !isOurs(live.tags, owner)) throw foreign('identity', name, aks.target.name)
  const made = record(await put(step, { ...at, doing: `make identity ${name}`, live }))
  return { changed: true, outputs: identityOutputs(record(made['properties'])) }
}

export const identityOutputs = (properties: Readonly<Record<string, unknown>>): Record<string, string> => ({
  principalId: String(properties['principalId'] ?? ''),
  clientId: String(properties['clientId'] ?? ''),
})

const put = async (
  { aks, body, tags, signal }: Step<PlacedBody>,
  of: Pick<ArmRequest, 'path' | 'version'> & { readonly doing: string; readonly live: Placed | null },
): Promise<unknown> => {
  const sent = { location: body.location, tags: { ...of.live?.tags, ...tags } }
  try {
    const answer = await aks.clients.arm({ method: 'PUT', path: of.path, version: of.version, body: sent }, signal)
    return answer.body
  } catch (error) {
    throw azureError(error, of.doing, aks.target.name)
  }
}

export const applyAssignment = async (step: Step<AssignmentBody>): Promise<Applied> => {
  const { aks, name, body, signal } = step
  const path = `${body.scope}/providers/Microsoft.Authorization/roleAssignments/${name}`
  const doing = `give role ${body.role} at ${body.scope} to ${body.label}`
  const subscription = `/subscriptions/${aksSettings(aks.target).subscription}`
  const properties = {
    roleDefinitionId: `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${body.role}`,
    principalId: String(body.principal),
    ...(body.principalType === null ? {} : { principalType: body.principalType }),
  }
  const send = (): Promise<unknown> =>
    aks.clients.arm({ method: 'PUT', path, version: ASSIGNMENTS_VERSION, body: { properties } }, signal)
  try {
    await send().catch(async (error: unknown) => {
      // The cluster was made anew and its kubelet is another one: an assignment cannot be changed.
      if (!isAzureFault(error) || error.code !== 'RoleAssignmentUpdateNotPermitted') throw error
      await aks.clients.arm({ method: 'DELETE', path, version: ASSIGNMENTS_VERSION }, signal)
      await send()
    })
    if (body.label === 'deployer') aks.unproved.add(step.id)
    return { changed: true }
  } catch (error) {
    // There under another name: the right is given, by somebody else.
    if (isAzureFault(error) && error.code === 'RoleAssignmentExists') return { changed: false }
    throw azureError(error, doing, aks.target.name)
  }
}

/** Groups go asynchronously, the rest at once; the next look tells. */
export const removePlaced = async (removal: Removal, version: string): Promise<boolean> => {
  const { aks, uid, name, signal } = removal
  try {
    const { status } = await aks.clients.arm({ method: 'DELETE', path: uid, version }, signal)
    return status !== 204
  } catch (error) {
    if (isGone(error)) return false
    throw azureError(error, `delete ${name}`, aks.target.name)
  }
}

/** A group goes with all that lies in it: not while something lies there that is not ours. */
export const removeGroup = async (removal: Removal): Promise<boolean> => {
  const { aks, uid, name, signal } = removal
  const listed = await aks.clients
    .arm({ method: 'GET', path: `${uid}/resources`, version: GROUPS_VERSION }, signal)
    .catch((error: unknown) => {
      if (isGone(error)) return null
      throw azureError(error, `look into resource group ${name}`, aks.target.name)
    })
  if (listed === null) return false
  const inside = record(listed.body)['value']
  const names = (Array.isArray(inside) ? inside : []).map((each) => String(record(each)['name']))
  if (names.length > 0) throw notEmpty(removal, names)
  return removePlaced(removal, GROUPS_VERSION)
}

const notEmpty = ({ aks, name }: Removal, names: readonly string[]): StormportError =>
  new StormportError('Conflict', `resource group ${name} is ours, and holds what is not: ${names.join(', ')}`, {
    diagnostic: 'SP4509',
    source: 'target',
    target: aks.target.name,
    hint: 'remove these, or take the tags stormport.dev-fleet and stormport.dev-target off the group to keep it',
  })
