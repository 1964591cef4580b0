// IAM roles and who is asking: what an EKS deploy needs of IAM and STS.
import type {
  AttachRolePolicyRequest,
  CreateRoleRequest,
  DeleteRoleRequest,
  DetachRolePolicyRequest,
  GetRoleRequest,
  ListAttachedRolePoliciesRequest,
  ListRoleTagsRequest,
  TagRoleRequest,
} from '@aws-sdk/client-iam'
import type { AssumeRoleRequest } from '@aws-sdk/client-sts'
import { typed } from './eks/typed.ts'
import { fault } from './faults.ts'
import type { Handler } from './server.ts'
import { type AwsState, arn, type RoleRecord } from './state.ts'

export const iamHandlers = (state: AwsState): Readonly<Record<string, Handler>> => ({
  CreateRole: typed((input: CreateRoleRequest) => ({ Role: createRole(state, input) })),
  GetRole: typed((input: GetRoleRequest) => ({ Role: roleOf(state, input.RoleName).role })),
  DeleteRole: typed((input: DeleteRoleRequest) => {
    const { policies } = roleOf(state, input.RoleName)
    if (policies.size > 0)
      throw fault('DeleteConflict', 'Cannot delete entity, must detach all policies first.', { status: 409 })
    state.roles.delete(input.RoleName ?? '')
    return {}
  }),
  AttachRolePolicy: typed((input: AttachRolePolicyRequest) => {
    roleOf(state, input.RoleName).policies.add(input.PolicyArn ?? '')
    return {}
  }),
  DetachRolePolicy: typed((input: DetachRolePolicyRequest) => {
    if (!roleOf(state, input.RoleName).policies.delete(input.PolicyArn ?? ''))
      throw fault('NoSuchEntity', `Policy ${input.PolicyArn} was not found.`, { status: 404 })
    return {}
  }),
  ListAttachedRolePolicies: typed((input: ListAttachedRolePoliciesRequest) => ({
    IsTruncated: false,
    AttachedPolicies: [...roleOf(state, input.RoleName).policies].map((PolicyArn) => ({
      PolicyArn,
      PolicyName: PolicyArn.split('/').at(-1),
    })),
  })),
  TagRole: typed((input: TagRoleRequest) => {
    const record = roleOf(state, input.RoleName)
    const given = new Set((input.Tags ?? []).map((tag) => tag.Key))
    const Tags = [...(record.role.Tags ?? []).filter((tag) => !given.has(tag.Key)), ...(input.Tags ?? [])]
    state.roles.set(input.RoleName ?? '', { ...record, role: { ...record.role, Tags } })
    return {}
  }),
  ListRoleTags: typed((input: ListRoleTagsRequest) => ({
    IsTruncated: false,
    Tags: roleOf(state, input.RoleName).role.Tags ?? [],
  })),
  // Nothing of ours is made with them, so that there are none.
  ListInstanceProfilesForRole: () => ({ IsTruncated: false, InstanceProfiles: [] }),
  ListRolePolicies: () => ({ IsTruncated: false, PolicyNames: [] }),
})

const roleOf = (state: AwsState, name: string | undefined): RoleRecord => {
  const found = state.roles.get(name ?? '')
  if (found === undefined) throw fault('NoSuchEntity', `The role with name ${name} cannot be found.`, { status: 404 })
  return found
}

const createRole = (state: AwsState, input: CreateRoleRequest) => {
  if (state.roles.has(input.RoleName ?? ''))
    throw fault('EntityAlreadyExists', `Role with name ${input.RoleName} already exists.`, { status: 409 })
  const path = input.Path ?? '/'
  const role = {
    Path: path,
    RoleName: input.RoleName,
    RoleId: `AROA${state.nextId()}`,
    Arn: arn(state, 'iam', `role${path}${input.RoleName}`),
    CreateDate: new Date(state.clock.now()),
    AssumeRolePolicyDocument: encodeURIComponent(input.AssumeRolePolicyDocument ?? ''),
    Tags: input.Tags ?? [],
  }
  state.roles.set(input.RoleName ?? '', { role, madeAtMs: state.clock.now(), policies: new Set() })
  return role
}

export const stsHandlers = (state: AwsState, caller: string): Readonly<Record<string, Handler>> => ({
  GetCallerIdentity: (_input, { accessKeyId }) => {
    const Arn = accessKeyId === ASSUMED_KEY ? (state.assumed.get(accessKeyId) ?? caller) : caller
    const account = /^arn:aws[\w-]*:(?:iam|sts)::(\d{12}):/.exec(Arn)?.[1] ?? state.account
    return { Account: account, Arn, UserId: 'AIDATEST' }
  },
  AssumeRole: typed((input: AssumeRoleRequest) => ({
    // Whose keys these are from now on.
    ...remember(state, input),
    Credentials: {
      AccessKeyId: ASSUMED_KEY,
      SecretAccessKey: 'assumed-secret',
      SessionToken: 'assumed-session',
      // Clients hold it against the time of their machine, not of the stand-in.
      Expiration: new Date(Date.now() + 3_600_000),
    },
    AssumedRoleUser: { AssumedRoleId: 'AROATEST:session', Arn: `${input.RoleArn}/${input.RoleSessionName}` },
  })),
})

const remember = (state: AwsState, { RoleArn = '', RoleSessionName = '' }: AssumeRoleRequest): object => {
  state.assumed.set(
    ASSUMED_KEY,
    `${RoleArn.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/${RoleSessionName}`,
  )
  return {}
}

export const ASSUMED_KEY = 'ASIAASSUMED'
