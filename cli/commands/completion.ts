// completion: a script for the shell, from the same table as the program.
import type { Run } from '../call.ts'
import { choiceOf } from '../options.ts'
import { completionScript, shells } from '../render/completion.ts'

export const run: Run = async ({ context, args }) => {
  context.print(completionScript(choiceOf('shell', args[0] ?? '', shells)))
  return 0
}
