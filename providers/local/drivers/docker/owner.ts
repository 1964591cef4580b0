// One owner of an engine at a time. The mark is a volume: creating one is atomic, answers with the one that is there, and
// outlives engine and daemon. Whose it is stands in its labels; whether that owner lives is for the caller to say.
import { StormportError } from '../../../../core/errors.ts'
import type { EngineClaim } from '../../daemon/driver.ts'
import type { VolumeInspect } from './api.ts'
import type { EngineClient } from './client.ts'
import { hasCode } from './errors.ts'
import { OWNER } from './labels.ts'
import { findVolume } from './networks.ts'

const MARK = 'stormport-owner'
const HOLDER = 'stormport.dev/holder'

export interface ClaimRequest extends EngineClaim {
  readonly owner: string
}

/** Idempotent for the same owner. 'Foreign' when another live owner holds the engine; nothing is changed then. */
export const claimEngine = async (client: EngineClient, request: ClaimRequest, signal: AbortSignal): Promise<void> => {
  const holder = await markOf(client, request, signal)
  if (holder.owner === request.owner) return
  if (await request.isAlive(holder)) throw foreign(wordsOf(holder, request))
  // Read again: someone else may have taken it over while we asked.
  const again = await findVolume(client, MARK, signal)
  if (again !== null && again.Labels?.[OWNER] === holder.owner) await removeMark(client, signal)
  const taken = await markOf(client, request, signal)
  if (taken.owner !== request.owner) throw foreign(wordsOf(taken, request))
}

/** Gives the engine up, if it is ours. */
export const releaseEngine = async (client: EngineClient, owner: string, signal: AbortSignal): Promise<void> => {
  const mark = await findVolume(client, MARK, signal)
  if (mark !== null && mark.Labels?.[OWNER] === owner) await removeMark(client, signal)
}

const markOf = async (
  client: EngineClient,
  { owner, holder }: ClaimRequest,
  signal: AbortSignal,
): Promise<{ owner: string; holder: string }> => {
  const json = { Name: MARK, Labels: { [OWNER]: owner, [HOLDER]: holder } }
  const request = { method: 'POST', path: '/volumes/create', json, operation: 'write the owner mark' } as const
  const made = await client.json<VolumeInspect>(request, signal)
  // An engine that was restarted leaves the labels of a volume that is there out of this answer, but not of a look-up.
  const mark = made.Labels?.[OWNER] === undefined ? ((await findVolume(client, MARK, signal)) ?? made) : made
  return { owner: mark.Labels?.[OWNER] ?? '', holder: mark.Labels?.[HOLDER] ?? 'unknown' }
}

const removeMark = async (client: EngineClient, signal: AbortSignal): Promise<void> => {
  try {
    await client.json({ method: 'DELETE', path: `/volumes/${MARK}`, operation: 'remove the owner mark' }, signal)
  } catch (error) {
    if (!hasCode(error, 'NotFound')) throw error
  }
}

const wordsOf = ({ holder }: { readonly holder: string }, { inWords }: ClaimRequest): string =>
  inWords?.(holder) ?? holder

const foreign = (holder: string): StormportError =>
  new StormportError('Foreign', `Another Stormport daemon owns this engine: ${holder}.`, {
    diagnostic: 'SP4118',
    source: 'target',
    hint: 'Use that daemon, or stop it (stormport daemon stop --all) and try again.',
  })
