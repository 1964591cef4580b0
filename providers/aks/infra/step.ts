// What one step on one object is given and gives, and how a write reaches a cluster: one at a time, held against the eTag that
// was read just before, and after whatever else is under way there.
import type { ManagedCluster } from '@azure/arm-containerservice'
import { StormportError } from '../../../core/errors.ts'
import type { Owner } from '../../../core/model/infra-owner.ts'
import type { AksTarget } from '../clusters.ts'
import { azureError } from '../errors.ts'
import { isAzureFault } from '../fault.ts'
import { aksSettings } from '../settings.ts'

export interface Applied {
  readonly changed: boolean
  readonly outputs?: Record<string, string>
}

/** What every step needs besides the body. */
export interface Step<B> {
  readonly aks: AksTarget
  readonly owner: Owner
  readonly id: string
  readonly name: string
  readonly body: B
  readonly tags: Record<string, string>
  readonly signal: AbortSignal
  readonly progress: (message: string) => void
}

export interface Removal {
  readonly aks: AksTarget
  readonly id: string
  readonly name: string
  /** As Azure names it. */
  readonly uid: string
  readonly signal: AbortSignal
  readonly progress: (message: string) => void
}

export const foreign = (kind: string, name: string, target: string): StormportError =>
  new StormportError('Foreign', `${kind} ${name} is there and does not carry the tags of this fleet and target`, {
    diagnostic: 'SP4506',
    source: 'target',
    target,
    hint: 'rename the fleet or the target, or remove it if it is left over from an earlier one',
  })

export interface Write {
  readonly doing: string
  /** False: nothing to do. The cluster is at rest, and as it was a moment ago. */
  readonly send: (live: ManagedCluster | null) => Promise<boolean>
  /** What is there and what is wanted, in words, for a write that met another one. */
  readonly values: (live: ManagedCluster | null) => string
}

type At = Pick<Step<unknown>, 'aks' | 'id' | 'signal' | 'progress'>

export const writeCluster = (at: At, write: Write): Promise<boolean> =>
  at.aks.inTurn(async () => {
    const { aks, id } = at
    for (let conflicts = 0; ; ) {
      const live = await atRest(at, write.doing)
      try {
        aks.clients.takeOperation()
        const sent = await write.send(live)
        const operation = sent ? aks.clients.takeOperation() : null
        if (operation !== null) aks.operations.set(id, operation)
        return sent
      } catch (error) {
        // AKS says so too where an operation of its own began between our look and our write.
        const kind = conflictOf(error)
        if (kind === 'changed') conflicts += 1
        if (kind === null) throw azureError(error, write.doing, aks.target.name)
        if (conflicts > 1) throw await conflicting(at, write)
        if (kind === 'busy') await aks.sleep(POLL_MS, at.signal)
      } finally {
        aks.forget()
      }
    }
  })

const conflictOf = (error: unknown): 'busy' | 'changed' | null => {
  if (!isAzureFault(error)) return null
  if (error.status === 412 || error.code === 'EtagMismatch') return 'changed'
  return error.status === 409 && /another (?:agentpool )?operation|in progress/i.test(error.message) ? 'busy' : null
}

const conflicting = async ({ aks, signal }: At, { doing, values }: Write): Promise<StormportError> => {
  aks.forget()
  const said = values(await aks.describe(signal))
  return new StormportError('Conflict', `${doing}: somebody else changes it at the same time: ${said}`, {
    diagnostic: 'SP4508',
    source: 'target',
    target: aks.target.name,
    hint: 'look at who else changes the cluster, then run the same command again',
  })
}

/** Often enough to go on soon, and within the bucket that AKS gives to reads of a cluster. */
const POLL_MS = 10_000
/** Longer than any operation of AKS that is known of. */
const PATIENCE_MS = 90 * 60_000

/** Waits by reading, never by writing: writes have the smallest bucket. */
const atRest = async (at: At, doing: string): Promise<ManagedCluster | null> => {
  const { aks, signal } = at
  let told = ''
  for (let waitedMs = 0; ; waitedMs += POLL_MS) {
    aks.forget()
    const cluster = await aks.describe(signal)
    const busy = busyWith(cluster)
    if (busy === null) return cluster
    if (waitedMs >= PATIENCE_MS) throw neverAtRest(aks, doing, busy)
    if (busy !== told) at.progress(`${doing}: waits for ${busy}`)
    told = busy
    await aks.sleep(POLL_MS, signal)
  }
}

const neverAtRest = ({ target }: AksTarget, doing: string, busy: string): StormportError =>
  new StormportError('Conflict', `${doing}: ${busy} does not come to an end`, {
    diagnostic: 'SP4505',
    source: 'target',
    target: target.name,
    retry: 'later',
    hint: `end it: az aks operation-abort --resource-group ${aksSettings(target).resourceGroup} --name ${aksSettings(target).cluster}`,
  })

/** Any other word, also one that is new to us, is on its way. */
const ENDED = new Set(['Succeeded', 'Failed', 'Canceled'])

/** null: nothing is under way there. */
const busyWith = (cluster: ManagedCluster | null): string | null => {
  if (cluster === null) return null
  const { provisioningState = 'Succeeded', name = 'cluster' } = cluster
  if (!ENDED.has(provisioningState)) return `cluster ${name} (${provisioningState})`
  const pool = (cluster.agentPoolProfiles ?? []).find((each) => !ENDED.has(each.provisioningState ?? 'Succeeded'))
  return pool === undefined ? null : `pool ${pool.name} (${pool.provisioningState})`
}
