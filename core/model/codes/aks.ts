// Codes of AKS targets (SP45xx).
import type { CodeText } from './index.ts'

export const aksCodes = {
  SP4501: {
    title: 'Azure answered with an error that is not known',
    meaning:
      'The service refused the step with a code that Stormport has no class for. Its own words are in the message.',
    remedy: 'Run again; every step may be repeated. If it stays, report it with the output of stormport doctor.',
  },
  SP4502: {
    title: 'Azure refused a step',
    meaning: 'The message names the step, the class of the fault and the own words of the service.',
    remedy: 'Do what the hint says and run the same command again: what is done already counts as done.',
  },
  SP4503: {
    title: 'the tenant or subscription is not the pinned one',
    meaning:
      'The credentials belong to another tenant than `tenant:` of the target names, or the subscription lies in another one. Nothing was read or changed there.',
    remedy: 'Sign in to the right tenant, such as with `az login --tenant ID`, or correct `tenant:`.',
  },
  SP4504: {
    title: 'the cluster does not exist',
    meaning: 'The resource group has no AKS cluster of that name, and the target has no `create:`.',
    remedy: 'Correct `cluster:` or `resourceGroup:`, or add `create: {}` to have it made.',
  },
  SP4505: {
    title: 'the cluster is not ready',
    meaning: 'AKS is still making, changing or removing the cluster, it is stopped, or it says that it failed.',
    remedy: 'Wait, start it, or look at the error that the message names.',
  },
  SP4506: {
    title: 'something of another owner stands there',
    meaning:
      'An identity, pool or cluster has the name that Stormport would give its own and does not carry the tags of this fleet and target. It is neither changed nor removed.',
    remedy: 'Rename the fleet or the target, or remove it yourself if it is left over.',
  },
  SP4507: {
    title: 'a key of the cluster cannot be changed',
    meaning:
      'AKS fixes the names and networks of a cluster when it is made. Stormport never replaces a cluster for such a change.',
    remedy: 'Write the key as it was, or declare another target and move there.',
  },
  SP4508: {
    title: 'somebody else changed it at the same time',
    meaning:
      'Two writes met: the step was read again and tried once more, and met another one. The message has both values.',
    remedy: 'Look at who else changes the cluster, then run the same command again.',
  },
  SP4509: {
    title: 'it is protected, or holds things of others',
    meaning:
      '`protect: true` of the target forbids to delete its cluster; a resource group with things that are not ours in it is not deleted either.',
    remedy: 'Set `protect: false` and deploy first, or remove what the message names.',
  },
} as const satisfies Readonly<Record<string, CodeText>>
