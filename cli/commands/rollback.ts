// rollback: a new release that is an old one again; without a number the newest healthy one before the current.
import { StormportError } from '../../core/errors.ts'
import type { Run } from '../call.ts'
import { followEvents } from '../follow.ts'
import { commonOf } from '../requests.ts'

export const run: Run = async ({ context, args, flags }) => {
  const release = args[0] === undefined ? null : releaseNumber(args[0])
  const subject = await context.subject()
  const engine = await context.engine()
  const request = { ...commonOf(context.options), release, message: flags.text('message') }
  return followEvents(context, engine.rollback(subject, request, context.signal), {
    verb: 'rollback',
    app: subject.app,
  })
}

const releaseNumber = (word: string): number => {
  if (/^[1-9]\d{0,8}$/.test(word)) return Number(word)
  throw new StormportError('BadInput', `"${word}" is no release number`, {
    diagnostic: 'SP1503',
    source: 'user',
    hint: 'stormport releases lists them',
  })
}
