// target check: can each target be reached, are we signed in, may we do what deploying needs.
import type { TargetChecks } from '../../core/engine/api.ts'
import type { Call, Run } from '../call.ts'
import { oneLine } from '../render/plain-text.ts'
import { refuseUnknownTargets } from '../subject.ts'

export const run: Run = async (call) => {
  const { context, args } = call
  const fleet = await context.fleet()
  const names = args.length > 0 ? args : context.options.targets
  refuseUnknownTargets(names, fleet.targets)
  const engine = await context.engine()
  const targets = await engine.checkTargets(fleet, names, context.signal)
  if (context.options.json) context.document({ targets })
  else context.print(targets.flatMap((target) => lines(call, target)).join('\n'))
  return exitCodeOf(targets)
}

const lines = ({ context: { style } }: Call, target: TargetChecks): readonly string[] => {
  const { done, failed } = style.out.symbols
  return [
    `${style.out.bold(target.target)} (${target.provider})${target.reachable ? '' : style.out.red(' not reachable')}`,
    ...target.checks.flatMap((check) => [
      `  ${check.ok ? style.out.green(done) : style.out.red(failed)} ${check.name}: ${oneLine(check.message)}`,
      ...(check.ok || check.hint === undefined ? [] : [`    help: ${oneLine(check.hint)}`]),
    ]),
  ]
}

const exitCodeOf = (targets: readonly TargetChecks[]): number => {
  if (targets.some((target) => !target.reachable)) return 7
  return targets.some((target) => target.checks.some((check) => !check.ok)) ? 4 : 0
}
