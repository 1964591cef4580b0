// Updates that run: EKS says "active" of a cluster or group whose change has only been taken, so what was asked for is looked
// up by its own id. A new process asks again with the same token and gets the same update.
import type { Update } from '@aws-sdk/client-eks'
import type { ObservedObject, Readiness } from '../../../core/model/replica.ts'
import type { EksTarget } from '../clusters.ts'
import { awsError, nameOf } from '../errors.ts'
import { eksSettings } from '../settings.ts'

/** The objects with the state of their updates laid over; those that are done are forgotten. */
export const withUpdates = async (
  eks: EksTarget,
  objects: readonly ObservedObject[],
  signal: AbortSignal,
): Promise<readonly ObservedObject[]> => {
  if (eks.updates.size === 0) return objects
  return Promise.all(
    objects.map(async (object) => {
      const update = await updateOf(eks, object.id, signal)
      if (update === null) return object
      if (update.status !== 'InProgress') eks.updates.delete(object.id)
      return { ...object, readiness: readinessOf(update, object.readiness) }
    }),
  )
}

const updateOf = async (eks: EksTarget, id: string, signal: AbortSignal): Promise<Update | null> => {
  const asked = eks.updates.get(id)
  if (asked === undefined) return null
  const { DescribeUpdateCommand } = await import('@aws-sdk/client-eks')
  const client = await eks.clients.eks()
  const input = { name: eksSettings(eks.target).cluster, ...asked }
  try {
    return (await client.send(new DescribeUpdateCommand(input), { abortSignal: signal })).update ?? null
  } catch (error) {
    if (nameOf(error) !== 'ResourceNotFoundException') throw awsError(error, `look at update of ${id}`, eks.target.name)
    eks.updates.delete(id)
    return null
  }
}

const readinessOf = (update: Update, otherwise: Readiness): Readiness => {
  if (update.status === 'InProgress')
    return { state: 'progressing', message: `${words(update.type)} in progress`, retriable: true }
  if (update.status === 'Successful') return otherwise
  const errors = (update.errors ?? []).map((error) => error.errorMessage ?? error.errorCode ?? '').join('; ')
  const message = `${words(update.type)} ${(update.status ?? '').toLowerCase()}${errors === '' ? '' : `: ${errors}`}`
  return { state: 'failed', reason: update.errors?.[0]?.errorCode ?? 'Failed', message, retriable: false }
}

/** 'VersionUpdate' → 'version update'. */
const words = (type: string | undefined): string =>
  (type ?? 'update').replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase()
