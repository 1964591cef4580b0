// Add-ons of EKS: in the version that is written, else the default of the cluster's version; fields of others are kept.
import type { Addon, EKSClient } from '@aws-sdk/client-eks'
import { awsError, nameOf } from '../errors.ts'
import { eksSettings } from '../settings.ts'
import type { AddonBody } from './bodies.ts'
import { type Applied, type Removal, removed, type Step } from './step.ts'

type Sdk = typeof import('@aws-sdk/client-eks')

export const applyAddon = async (step: Step<AddonBody>): Promise<Applied> => {
  const { eks, body, tags, token, signal } = step
  const sdk = await import('@aws-sdk/client-eks')
  const client = await eks.clients.eks()
  const of = { clusterName: eksSettings(eks.target).cluster, addonName: body.name }
  try {
    const live = await describe(client, sdk, step)
    const version = body.version ?? (await defaultVersion(client, sdk, step))
    const versioned = version === null ? of : { ...of, addonVersion: version }
    if (live === null) {
      const input = { ...versioned, resolveConflicts: 'OVERWRITE' as const, tags, clientRequestToken: token }
      await client.send(new sdk.CreateAddonCommand(input), { abortSignal: signal })
    } else if (version !== null && live.addonVersion !== version) {
      const input = { ...versioned, resolveConflicts: 'PRESERVE' as const, clientRequestToken: token }
      const { update } = await client.send(new sdk.UpdateAddonCommand(input), { abortSignal: signal })
      if (update?.id !== undefined)
        eks.updates.set(`eks/Addon/${body.name}`, { updateId: update.id, addonName: body.name })
    }
    if (live !== null) {
      await client.send(new sdk.TagResourceCommand({ resourceArn: live.addonArn, tags }), { abortSignal: signal })
    }
    return { changed: true }
  } catch (error) {
    throw awsError(error, `set up add-on ${body.name}`, eks.target.name)
  }
}

const describe = async (client: EKSClient, sdk: Sdk, { eks, body, signal }: Step<AddonBody>): Promise<Addon | null> => {
  const of = { clusterName: eksSettings(eks.target).cluster, addonName: body.name }
  try {
    return (await client.send(new sdk.DescribeAddonCommand(of), { abortSignal: signal })).addon ?? null
  } catch (error) {
    if (nameOf(error) === 'ResourceNotFoundException') return null
    throw error
  }
}

const defaultVersion = async (client: EKSClient, sdk: Sdk, step: Step<AddonBody>): Promise<string | null> => {
  const cluster = await step.eks.describe(step.signal)
  const of = {
    addonName: step.body.name,
    ...(cluster?.version === undefined ? {} : { kubernetesVersion: cluster.version }),
  }
  const answer = await client.send(new sdk.DescribeAddonVersionsCommand(of), { abortSignal: step.signal })
  const versions = answer.addons?.[0]?.addonVersions ?? []
  const chosen = versions.find((each) => each.compatibilities?.some((c) => c.defaultVersion === true)) ?? versions[0]
  return chosen?.addonVersion ?? null
}

export const removeAddon = async (of: Removal): Promise<boolean> => {
  const { eks, name, signal } = of
  const sdk = await import('@aws-sdk/client-eks')
  const client = await eks.clients.eks()
  const input = { clusterName: eksSettings(eks.target).cluster, addonName: name }
  return removed(of, `remove add-on ${name}`, () =>
    client.send(new sdk.DeleteAddonCommand(input), { abortSignal: signal }),
  )
}
