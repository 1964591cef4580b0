// plan: what deploy would change and why. Changes nothing; exit 2 with --detailed-exitcode when there is something to do.
import { chmodSync, writeFileSync } from 'node:fs'
import type { Planned, PlanReport, Project } from '../../core/engine/api.ts'
import { StormportError } from '../../core/errors.ts'
import { hasErrors } from '../../core/model/diagnostic.ts'
import { whyWords } from '../../core/plan/words.ts'
import type { Call, Run } from '../call.ts'
import { exitOfFindings, uniqueFindings } from '../findings.ts'
import { inFolder } from '../named-file.ts'
import { nativeChanges, renderNative } from '../render/native-plan.ts'
import { renderPlan } from '../render/plan.ts'
import { planRequest } from '../requests.ts'
import { runDrift } from './plan-drift.ts'

export const run: Run = async (call) => {
  const { context, flags } = call
  if (flags.on('drift')) return runDrift(call)
  const project = await context.project()
  const why = flags.text('why')
  if (why !== null) refuseUnknown(why, project)
  const engine = await context.engine()
  const planned = await engine.plan(project, planRequest(call), context.signal)
  const report = {
    ...planned.report,
    diagnostics: uniqueFindings([...project.diagnostics, ...planned.report.diagnostics]),
  }
  const out = flags.text('out')
  if (out !== null) save(planned, inFolder(context.world.cwd, out))
  if (context.options.json) context.document({ ...report, ...native(call, planned) })
  else show(call, planned, report)
  return exitCodeOf(report, flags.on('detailedExitcode'))
}

const refuseUnknown = (service: string, { app }: Project): void => {
  const names = app.services.map(({ name }) => name)
  if (names.includes(service)) return
  throw new StormportError('BadInput', `there is no service ${service}`, {
    diagnostic: 'SP1503',
    source: 'user',
    hint: `services: ${names.join(', ')}`,
  })
}

/** Only when asked for: scripts that read plans do not want whole objects. */
const native = ({ flags }: Call, { plan }: Planned) =>
  flags.on('native') ? { native: nativeChanges(plan.actions) } : {}

const show = ({ context, flags }: Call, { plan, release }: Planned, report: PlanReport): void => {
  const why = flags.text('why')
  context.diagnose(report.diagnostics)
  if (why !== null) {
    context.print(whyWords(report, why).join('\n'))
    return
  }
  const { app, baseRelease } = plan
  context.print(renderPlan(report, { app, baseRelease, release, style: context.style.out, full: flags.on('full') }))
  if (flags.on('native') && plan.actions.length > 0)
    context.print(renderNative(nativeChanges(plan.actions), context.style.out))
  const out = flags.text('out')
  if (report.changes.length > 0 && out !== null)
    context.note(`Nothing was changed. To apply exactly this: stormport deploy --plan ${out}`)
}

const exitCodeOf = (report: PlanReport, detailed: boolean): number => {
  if (hasErrors(report.diagnostics)) return exitOfFindings(report.diagnostics)
  if (report.unplaceable.length > 0) return 5
  return detailed && report.changes.length > 0 ? 2 : 0
}

/** For its owner's eyes: names and counts of what runs are nobody else's business. */
const save = ({ saved }: Planned, file: string): void => {
  try {
    writeFileSync(file, `${JSON.stringify(saved, null, 2)}\n`, { mode: 0o600 })
    chmodSync(file, 0o600)
  } catch (error) {
    throw new StormportError('BadInput', `cannot write ${file}: ${error instanceof Error ? error.message : ''}`, {
      diagnostic: 'SP1504',
      source: 'user',
      hint: 'name a file in a folder that you may write to',
      cause: error,
    })
  }
}
