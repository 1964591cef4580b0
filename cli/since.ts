// --since: '10m' counts back from now; anything else is a time.
import { parseDuration } from '../core/model/duration.ts'
import type { Call } from './call.ts'
import { badValue } from './options.ts'

/** Epoch milliseconds; null: it is not given. */
export const sinceOf = ({ context, flags }: Call): number | null => {
  const text = flags.text('since')
  if (text === null) return null
  const back = parseDuration(text)
  if (back !== null) return context.world.now() - back
  const at = Date.parse(text)
  if (Number.isNaN(at))
    throw badValue('since', `"${text}" is neither a duration nor a time`, 'write 10m, or 2026-01-31T12:00:00Z')
  return at
}
