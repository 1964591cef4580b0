// What EKS says of a thing, as ready, on its way, or failed for good with the cause and what to do about it. Issue codes
// decide: a group that cannot get machines is told within one look, not when a waiter gives up.
import type { Addon, Cluster, FargateProfile, Nodegroup } from '@aws-sdk/client-eks'
import type { Readiness } from '../../../core/model/replica.ts'

const READY: Readiness = { state: 'ready', retriable: false }

const going = (message: string): Readiness => ({ state: 'progressing', message, retriable: true })

const failed = (reason: string, message: string): Readiness => ({ state: 'failed', reason, message, retriable: false })

export const clusterReadiness = (cluster: Cluster): Readiness => {
  if (cluster.status === 'ACTIVE') return READY
  const issues = (cluster.health?.issues ?? [])
    .map((issue) => issue.message ?? issue.code ?? '')
    .filter((t) => t !== '')
  if (cluster.status === 'FAILED') return failed('Failed', issues.join('; ') || 'EKS could not make the cluster')
  return going(words(cluster.status))
}

/** Issue code → our word for it, and what helps. Codes: EKS API, type Issue. */
export const GROUP_ISSUES: Readonly<Record<string, { readonly reason: string; readonly hint: string }>> = {
  AsgInstanceLaunchFailures: {
    reason: 'InsufficientCapacity',
    hint: 'list more models, types or ways to buy in the pool',
  },
  InsufficientFreeAddresses: { reason: 'Failed', hint: 'give the pool subnets with free addresses' },
  InstanceLimitExceeded: { reason: 'QuotaExceeded', hint: 'ask for a higher quota in Service Quotas' },
  AmiIdNotFound: {
    reason: 'Failed',
    hint: 'the machine image is gone: change the pool so that its group is made anew',
  },
  Ec2SubnetInvalidConfiguration: {
    reason: 'Failed',
    hint: 'public subnets must give addresses to machines, private ones need a way out',
  },
  Ec2SubnetNotFound: { reason: 'Failed', hint: 'name subnets that are there' },
  Ec2SecurityGroupNotFound: { reason: 'Failed', hint: 'the security group of the cluster is gone' },
  Ec2LaunchTemplateNotFound: { reason: 'Failed', hint: 'change the pool so that its group is made anew' },
  IamNodeRoleNotFound: { reason: 'Failed', hint: 'make the node role again, or name one with create.roles.node' },
  IamInstanceProfileNotFound: {
    reason: 'Failed',
    hint: 'make the node role again, or name one with create.roles.node',
  },
  NodeCreationFailure: {
    reason: 'Failed',
    hint: 'machines start and do not join: check routes of the subnets and the policies of the node role',
  },
  AccessDenied: { reason: 'Failed', hint: 'the node role may not join: check its access entry' },
}

export const groupReadiness = (group: Nodegroup): Readiness => {
  const issue = (group.health?.issues ?? []).find((each) => each.code !== undefined)
  const known = issue === undefined ? undefined : GROUP_ISSUES[String(issue.code)]
  const said = issue?.message ?? String(issue?.code ?? '')
  if (known !== undefined) return failed(reasonOf(known.reason, said), `${said}; ${known.hint}`)
  if (group.status === 'ACTIVE') return READY
  if (group.status === 'CREATE_FAILED' || group.status === 'DELETE_FAILED')
    return failed('Failed', said || words(group.status))
  return going(said === '' ? words(group.status) : `${words(group.status)}: ${said}`)
}

/** A launch failure may be about the account's quota: then another type of the same family is no help. */
const reasonOf = (reason: string, said: string): string =>
  /quota|limit/i.test(said) && reason === 'InsufficientCapacity' ? 'QuotaExceeded' : reason

export const profileReadiness = (profile: FargateProfile): Readiness => {
  if (profile.status === 'ACTIVE') return READY
  if (profile.status === 'CREATE_FAILED' || profile.status === 'DELETE_FAILED') {
    const issues = (profile.health?.issues ?? []).map((issue) => issue.message ?? '')
    return failed('Failed', issues.join('; ') || words(profile.status))
  }
  return going(words(profile.status))
}

/** `nodes`: some group shall have nodes now. Without any, an add-on that only waits for one is as ready as it can be. */
export const addonReadiness = (addon: Addon, nodes: boolean): Readiness => {
  if (addon.status === 'ACTIVE') return READY
  const issues = addon.health?.issues ?? []
  const said = issues.map((issue) => issue.message ?? issue.code ?? '').join('; ')
  if (addon.status === 'CREATE_FAILED' || addon.status === 'DELETE_FAILED')
    return failed('Failed', said || words(addon.status))
  const waits = issues.length > 0 && issues.every((issue) => issue.code === 'InsufficientNumberOfReplicas')
  if (waits && !nodes) return READY
  return going(said === '' ? words(addon.status) : said)
}

const words = (status: string | undefined): string => (status ?? 'unknown').toLowerCase().replaceAll('_', ' ')
