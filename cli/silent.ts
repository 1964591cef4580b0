// Says beside a list that it may be a part: a target that does not answer never reads as one with nothing on it.
import type { Partly } from '../core/engine/api.ts'
import type { Call } from './call.ts'
import { oneLine } from './render/plain-text.ts'

/** In JSON the report itself names them. */
export const noteSilent = (context: Call['context'], { unreachable = [] }: Partly): void => {
  if (unreachable.length === 0 || context.options.json) return
  const names = unreachable.map(oneLine).join(', ')
  context.note(`${names} ${unreachable.length === 1 ? 'does' : 'do'} not answer: what is there is not shown`)
}
