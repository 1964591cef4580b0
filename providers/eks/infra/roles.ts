// Roles of ours in IAM: read by their names, made with their trust and policies, taken away with them.
import type { IAMClient } from '@aws-sdk/client-iam'
import type { Owner } from '../../../core/model/infra-owner.ts'
import type { ObservedObject } from '../../../core/model/replica.ts'
import type { EksTarget } from '../clusters.ts'
import { awsError, nameOf } from '../errors.ts'
import type { RoleBody } from './bodies.ts'
import { HASH_TAG, isOurs, roleName, unfinishedTags } from './names.ts'
import { STAGES } from './objects.ts'
import { type Applied, foreign, type Step } from './step.ts'

type Sdk = typeof import('@aws-sdk/client-iam')

export const readRoles = async (
  eks: EksTarget,
  owner: Owner,
  signal: AbortSignal,
): Promise<readonly ObservedObject[]> => {
  const names = (['cluster', 'node', 'pod'] as const).map((purpose) => roleName(owner, purpose))
  const all = await Promise.all(names.map((name) => readRole(eks, { name, owner }, signal)))
  return all.filter((each) => each !== null)
}

const readRole = async (
  eks: EksTarget,
  of: { readonly name: string; readonly owner: Owner },
  signal: AbortSignal,
): Promise<ObservedObject | null> => {
  const [sdk, client] = await open(eks)
  try {
    const { Role: role } = await client.send(new sdk.GetRoleCommand({ RoleName: of.name }), { abortSignal: signal })
    const tags = Object.fromEntries((role?.Tags ?? []).map((tag) => [tag.Key ?? '', tag.Value ?? '']))
    const hash = tags[HASH_TAG]
    return {
      id: `iam/Role/${of.name}`,
      uid: role?.RoleId ?? of.name,
      kind: 'Role',
      name: of.name,
      scope: 'target',
      guard: 'none',
      stage: STAGES.role,
      ...(hash === undefined ? {} : { hash }),
      owner: isOurs(tags, of.owner) ? 'ours' : 'foreign',
      drift: [],
      readiness: { state: 'ready', retriable: false },
      outputs: { arn: role?.Arn ?? '' },
    }
  } catch (error) {
    const name = nameOf(error)
    if (name === 'NoSuchEntity' || name === 'NoSuchEntityException') return null
    throw awsError(error, `look at role ${of.name}`, eks.target.name)
  }
}

const open = async (eks: EksTarget): Promise<readonly [Sdk, IAMClient]> => [
  await import('@aws-sdk/client-iam'),
  await eks.clients.iam(),
]

/** Made, or found as ours; then its policies, so that a run that was cut off between the two goes on here. */
export const applyRole = async (step: Step<RoleBody>): Promise<Applied> => {
  const { eks, signal } = step
  const [sdk, client] = await open(eks)
  const before = await readRole(eks, step, signal)
  if (before?.owner === 'foreign') throw foreign('role', step.name, eks.target.name)
  const arn = before?.outputs?.['arn'] ?? (await createRole(client, sdk, step))
  const changed = await setPolicies(client, sdk, step)
  return { changed: changed || before === null, outputs: { arn } }
}

const createRole = async (client: IAMClient, sdk: Sdk, step: Step<RoleBody>): Promise<string> => {
  const { name, owner, body } = step
  const actions = ['sts:AssumeRole', ...(body.tagSession ? ['sts:TagSession'] : [])]
  const trust = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: body.service }, Action: actions }],
  }
  const tags = Object.entries(unfinishedTags(owner)).map(([Key, Value]) => ({ Key, Value }))
  try {
    const input = { RoleName: name, AssumeRolePolicyDocument: JSON.stringify(trust), Tags: tags }
    const made = await client.send(new sdk.CreateRoleCommand(input), { abortSignal: step.signal })
    return made.Role?.Arn ?? ''
  } catch (error) {
    throw awsError(error, `create role ${name}`, step.eks.target.name)
  }
}

const setPolicies = async (client: IAMClient, sdk: Sdk, step: Step<RoleBody>): Promise<boolean> => {
  const { signal } = step
  const of = { RoleName: step.name }
  try {
    const listed = await client.send(new sdk.ListAttachedRolePoliciesCommand(of), { abortSignal: signal })
    const attached = (listed.AttachedPolicies ?? []).map((policy) => policy.PolicyArn ?? '')
    const missing = step.body.policies.filter((policy) => !attached.includes(policy))
    for (const PolicyArn of missing)
      await client.send(new sdk.AttachRolePolicyCommand({ ...of, PolicyArn }), { abortSignal: signal })
    // The hash last: a run that was cut off before comes here again.
    const Tags = Object.entries(step.tags).map(([Key, Value]) => ({ Key, Value }))
    await client.send(new sdk.TagRoleCommand({ ...of, Tags }), { abortSignal: signal })
    return missing.length > 0
  } catch (error) {
    throw awsError(error, `attach the policies of role ${step.name}`, step.eks.target.name)
  }
}

export const removeRole = async (eks: EksTarget, name: string, signal: AbortSignal): Promise<boolean> => {
  const [sdk, client] = await open(eks)
  try {
    const listed = await client.send(new sdk.ListAttachedRolePoliciesCommand({ RoleName: name }), {
      abortSignal: signal,
    })
    for (const { PolicyArn } of listed.AttachedPolicies ?? [])
      await client.send(new sdk.DetachRolePolicyCommand({ RoleName: name, PolicyArn }), { abortSignal: signal })
    await client.send(new sdk.DeleteRoleCommand({ RoleName: name }), { abortSignal: signal })
    return true
  } catch (error) {
    if (nameOf(error).startsWith('NoSuchEntity')) return false
    throw awsError(error, `delete role ${name}`, eks.target.name)
  }
}
