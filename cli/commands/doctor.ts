// doctor: what on this machine could be in the way. Looks only; starts and changes nothing, and prints no value of a
// variable that could be a secret.
import type { Check } from '../../core/ports.ts'
import type { Run } from '../call.ts'
import { examineMachine } from '../context/examine.ts'
import { oneLine } from '../render/plain-text.ts'

export const run: Run = async ({ context }) => {
  const checks = await examineMachine(context.environment, await context.daemon(), context.signal)
  if (context.options.json) context.document({ ok: checks.every((check) => check.ok), checks })
  else context.print(checks.flatMap((check) => lines(check, context.style.out)).join('\n'))
  return checks.every((check) => check.ok) ? 0 : 6
}

const lines = (
  check: Check,
  style: {
    readonly green: (text: string) => string
    readonly red: (text: string) => string
    readonly symbols: { readonly done: string; readonly failed: string }
  },
): readonly string[] => [
  `${check.ok ? style.green(style.symbols.done) : style.red(style.symbols.failed)} ${check.name}: ${oneLine(check.message)}`,
  ...(check.hint === undefined ? [] : [`    help: ${oneLine(check.hint)}`]),
]
