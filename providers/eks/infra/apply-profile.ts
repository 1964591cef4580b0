// Fargate profiles of serverless pools: they take the pods that carry the pool's label, and nothing else.
import { nameOf } from '../errors.ts'
import { eksSettings } from '../settings.ts'
import { lagging, text } from './apply-cluster.ts'
import type { ProfileBody } from './bodies.ts'
import { POOL_TAG } from './names.ts'
import { type Applied, type Removal, removed, type Step } from './step.ts'

/** Every namespace: which pods go there is said by the pool's label alone. */
const ANY_NAMESPACE = '*'

export const applyProfile = async (step: Step<ProfileBody>): Promise<Applied> => {
  const { eks, body, name, tags, token, signal } = step
  const sdk = await import('@aws-sdk/client-eks')
  const client = await eks.clients.eks()
  const input = {
    fargateProfileName: name,
    clusterName: eksSettings(eks.target).cluster,
    podExecutionRoleArn: text(body.roleArn),
    subnets: body.subnets.map(text),
    selectors: [{ namespace: ANY_NAMESPACE, labels: { [POOL_TAG]: body.pool } }],
    clientRequestToken: token,
    tags,
  }
  try {
    await client.send(new sdk.CreateFargateProfileCommand(input), { abortSignal: signal })
    return { changed: true }
  } catch (error) {
    if (nameOf(error) === 'ResourceInUseException' && /already exists/.test(String(error))) return { changed: false }
    throw lagging(error, `create Fargate profile ${name}`, step)
  }
}

export const removeProfile = async (of: Removal): Promise<boolean> => {
  const { eks, name, signal } = of
  const sdk = await import('@aws-sdk/client-eks')
  const client = await eks.clients.eks()
  const input = { clusterName: eksSettings(eks.target).cluster, fargateProfileName: name }
  return removed(of, `delete Fargate profile ${name}`, () =>
    client.send(new sdk.DeleteFargateProfileCommand(input), { abortSignal: signal }),
  )
}
