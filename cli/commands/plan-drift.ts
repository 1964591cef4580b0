// plan --drift: what others changed on live objects since the release in force was applied. Changes nothing; with
// --detailed-exitcode 2 when there is drift, 7 when a target could not be compared.
import type { DriftReport } from '../../core/engine/api.ts'
import type { Call } from '../call.ts'
import { renderDrift } from '../render/drift.ts'

export const runDrift = async ({ context, args, flags }: Call): Promise<number> => {
  const subject = await context.subject()
  const engine = await context.engine()
  const seen = await engine.drift(subject, context.options.targets, context.signal)
  const drift = seen.drift.filter(({ service }) => args.length === 0 || (service !== null && args.includes(service)))
  const report = { ...seen, drift }
  if (context.options.json) context.document(report)
  else context.print(renderDrift(report, context.style.out))
  return flags.on('detailedExitcode') ? detailedExit(report) : 0
}

const detailedExit = ({ drift, unknown }: DriftReport): number => {
  if (unknown.length > 0) return 7
  return drift.length > 0 ? 2 : 0
}
