// What one step on one object is given and gives.
import { StormportError } from '../../../core/errors.ts'
import type { Owner } from '../../../core/model/infra-owner.ts'
import type { EksTarget } from '../clusters.ts'
import { awsError, nameOf } from '../errors.ts'

export interface Applied {
  readonly changed: boolean
  readonly outputs?: Record<string, string>
}

/** What every step needs besides the body. */
export interface Step<B> {
  readonly eks: EksTarget
  readonly owner: Owner
  readonly name: string
  readonly hash: string
  readonly body: B
  /** Of an earlier run of ours too: EKS answers the second request with what the first made. */
  readonly token: string
  readonly tags: Record<string, string>
  readonly signal: AbortSignal
  readonly progress: (message: string) => void
}

export interface Removal {
  readonly eks: EksTarget
  readonly name: string
  readonly signal: AbortSignal
}

/** Asks for the end of something; false: it was gone already. */
export const removed = async (of: Removal, doing: string, ask: () => Promise<unknown>): Promise<boolean> => {
  try {
    await ask()
    return true
  } catch (error) {
    if (nameOf(error) === 'ResourceNotFoundException') return false
    throw awsError(error, doing, of.eks.target.name)
  }
}

export const foreign = (kind: string, name: string, target: string): StormportError =>
  new StormportError('Foreign', `${kind} ${name} is there and does not carry the tags of this fleet and target`, {
    diagnostic: 'SP4406',
    source: 'target',
    target,
    hint: 'rename the fleet or the target, or remove it if it is left over from an earlier one',
  })
