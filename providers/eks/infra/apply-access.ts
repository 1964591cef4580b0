// Access entries: who may do what in the cluster. Entry and policy are two calls, and the second may be all that is missing.
import { awsError, nameOf } from '../errors.ts'
import { eksSettings } from '../settings.ts'
import type { AccessBody } from './bodies.ts'
import { unfinishedTags } from './names.ts'
import { type Applied, type Removal, removed, type Step } from './step.ts'

export const applyAccess = async (step: Step<AccessBody>): Promise<Applied> => {
  const { eks, body, tags, token, signal } = step
  const sdk = await import('@aws-sdk/client-eks')
  const client = await eks.clients.eks()
  const of = { clusterName: eksSettings(eks.target).cluster, principalArn: body.principal }
  try {
    const input = { ...of, tags: { ...unfinishedTags(step.owner) }, clientRequestToken: token }
    await client.send(new sdk.CreateAccessEntryCommand(input), { abortSignal: signal }).catch(unlessThere)
    const listed = await client.send(new sdk.ListAssociatedAccessPoliciesCommand(of), { abortSignal: signal })
    const given = (listed.associatedAccessPolicies ?? []).map((policy) => policy.policyArn ?? '')
    for (const policyArn of given.filter((policy) => policy !== body.policy))
      await client.send(new sdk.DisassociateAccessPolicyCommand({ ...of, policyArn }), { abortSignal: signal })
    const scope = { ...of, policyArn: body.policy, accessScope: { type: 'cluster' as const } }
    await client.send(new sdk.AssociateAccessPolicyCommand(scope), { abortSignal: signal })
    const { accessEntry } = await client.send(new sdk.DescribeAccessEntryCommand(of), { abortSignal: signal })
    const tagging = { resourceArn: accessEntry?.accessEntryArn, tags }
    await client.send(new sdk.TagResourceCommand(tagging), { abortSignal: signal })
    return { changed: true }
  } catch (error) {
    throw awsError(error, `give ${body.principal} access`, eks.target.name)
  }
}

/** There by another run, or made by EKS for who made the cluster: its policies are what counts. */
const unlessThere = (error: unknown): void => {
  if (nameOf(error) !== 'ResourceInUseException') throw error
}

export const removeAccess = async (of: Removal): Promise<boolean> => {
  const { eks, name, signal } = of
  const sdk = await import('@aws-sdk/client-eks')
  const client = await eks.clients.eks()
  const input = { clusterName: eksSettings(eks.target).cluster, principalArn: name }
  return removed(of, `take the access of ${name}`, () =>
    client.send(new sdk.DeleteAccessEntryCommand(input), { abortSignal: signal }),
  )
}
