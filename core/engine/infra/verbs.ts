// target create, target destroy, destroy --clusters: infrastructure alone. Taking it down removes exactly what carries our
// tags, never under an application that still has a release there, and ends with what the cloud keeps charging for.
import { exitOf, StormportError, worstExit } from '../../errors.ts'
import type { Diagnostic } from '../../model/diagnostic.ts'
import type { Result, TargetOutcome } from '../../model/event.ts'
import type { Fleet } from '../../model/fleet.ts'
import type { Consent, Plan } from '../../model/plan.ts'
import { planReport } from '../../plan/index.ts'
import type { Leftover } from '../../ports.ts'
import type { Common } from '../api.ts'
import { deadlineOf, type Running } from '../change.ts'
import { askConsent } from '../gate.ts'
import { diagnosticOf, exitOfError, result, sayDiagnostics } from '../say.ts'
import { chosenTargets } from '../status.ts'
import { type BringUp, bringUp, infraPlan } from './bring-up.ts'
import { type InfraLook, lookAtInfra } from './look.ts'
import { PROVISIONING_MS } from './raise.ts'

export interface InfraRequest extends Common {
  readonly allow: readonly Consent[]
  /** An application that is being destroyed in the same command does not stand in the way. */
  readonly leaving?: string
}

export const createTargets = (fleet: Fleet, request: InfraRequest, run: Running): Promise<Result> =>
  changeInfra(fleet, { request, purpose: 'declared' }, run)

export const destroyTargets = (fleet: Fleet, request: InfraRequest, run: Running): Promise<Result> =>
  changeInfra(fleet, { request, purpose: 'destroy' }, run)

interface Asked {
  readonly request: InfraRequest
  readonly purpose: BringUp['purpose']
}

interface Planned {
  readonly look: InfraLook
  readonly plan: Plan
}

const changeInfra = async (fleet: Fleet, { request, purpose }: Asked, given: Running): Promise<Result> => {
  const run: Running = { ...given, shortages: new Map() }
  const targets = chosenTargets(fleet, request.targets)
  const looks = await lookAtInfra({ fleet, targets, shortages: run.shortages ?? new Map() }, run.deps, run.signal)
  const input = inputOf(fleet, { request, purpose }, run)
  const planned = [...looks.values()].map((look): Planned => ({ look, plan: infraPlan(look, input) }))
  for (const { plan } of planned) run.say('plan', 'SP-I3000', 'planned', { data: planReport(plan) })
  const findings = [
    ...planned.flatMap(findingsOf),
    ...(purpose === 'destroy' ? await inUse(planned, request, run) : []),
  ]
  sayDiagnostics(run.say, findings)
  const errors = findings.filter((d) => d.severity === 'error')
  if (errors.length > 0)
    return result(errors.some((d) => d.code.startsWith('SP31')) ? exitOf('Conflict') : exitOf('Unreachable'), [])
  for (const { look, plan } of planned)
    await askConsent(
      { app: look.target.name, request: { ...request, rebalance: false, wait: true, allowUnplaced: false } },
      { plan },
      run.deps,
    )
  const ended = await Promise.all(planned.map(({ look, plan }) => changeOne({ look, plan, input }, run)))
  const leftBehind = purpose === 'destroy' ? await leftovers(planned, fleet, run) : []
  const silent = targets.filter((target) => !looks.has(target.name)).map((target) => nothingOutcome(target.name))
  return result(worstExit(ended.map((each) => each.exitCode)), [...ended.map((each) => each.outcome), ...silent], {
    leftBehind,
  })
}

const inputOf = (fleet: Fleet, { request, purpose }: Asked, run: Running): BringUp => ({
  fleet,
  shortages: run.shortages ?? new Map(),
  deadlineMs: deadlineOf(request, run.deps) + PROVISIONING_MS,
  override: request.allow.includes('override'),
  purpose,
})

const findingsOf = ({ look, plan }: Planned): readonly Diagnostic[] => {
  const { name } = look.target
  if (look.state.reachable) return [...look.diagnostics, ...plan.diagnostics]
  const message = `${name}: ${look.state.because ?? 'the cloud does not answer'}`
  return [{ code: 'SP3001', severity: 'error', message, hint: `stormport target check ${name}`, target: name }]
}

/** Nothing is taken away under an application; who cannot be asked counts as there. */
const inUse = async (
  planned: readonly Planned[],
  request: InfraRequest,
  run: Running,
): Promise<readonly Diagnostic[]> => {
  const all = await Promise.all(
    planned.map(async ({ look }): Promise<readonly Diagnostic[]> => {
      if (look.state.cluster !== 'ready') return []
      const apps = await look.provider.apps(look.target, run.signal)
      const others = apps.filter((app) => app.app !== request.leaving && app.target === look.target.name)
      if (others.length === 0) return []
      const names = others.map((app) => app.app).join(', ')
      return [
        {
          code: 'SP3108',
          severity: 'error',
          message: `${look.target.name} still runs ${names}`,
          hint: `stormport destroy -p ${others[0]?.app ?? ''} first`,
          target: look.target.name,
        },
      ]
    }),
  )
  return all.flat()
}

interface Ended {
  readonly outcome: TargetOutcome
  readonly exitCode: number
}

const changeOne = async (
  { look, plan, input }: Planned & { readonly input: BringUp },
  run: Running,
): Promise<Ended> => {
  const { name } = look.target
  if (plan.actions.length === 0) return { outcome: nothingOutcome(name), exitCode: 0 }
  try {
    const settled = await bringUp(look, input, run)
    if (settled.kind === 'ready')
      return { outcome: { name, outcome: 'done', release: null, reason: null }, exitCode: 0 }
    const exitCode = settled.kind === 'late' ? exitOf('Timeout') : exitOf('Unhealthy')
    return { outcome: { name, outcome: 'failed', release: null, reason: settled.reason }, exitCode }
  } catch (error) {
    const finding = diagnosticOf(error)
    sayDiagnostics(run.say, [{ ...finding, target: name }])
    const exitCode = exitOfError(error, run.signal)
    return { outcome: { name, outcome: 'failed', release: null, reason: finding.message }, exitCode }
  }
}

const nothingOutcome = (name: string): TargetOutcome => ({ name, outcome: 'unchanged', release: null, reason: null })

const leftovers = async (planned: readonly Planned[], fleet: Fleet, run: Running): Promise<readonly string[]> => {
  const all = await Promise.all(
    planned.map(({ look }) => look.infrastructure.leftovers(look.target, fleet, run.signal).catch(() => [])),
  )
  return all.flat().map(leftoverWords)
}

const leftoverWords = ({ kind, id, usdPerMonth }: Leftover): string =>
  `${kind} ${id}${usdPerMonth === null ? '' : ` ($${usdPerMonth.toFixed(2)} a month)`}`

/** Names that the fleet does not have are an error before anything is asked. @throws StormportError 'BadInput' */
export const knownTargets = (fleet: Fleet, names: readonly string[]): void => {
  const unknown = names.filter((name) => !fleet.targets.some((target) => target.name === name))
  if (unknown.length === 0) return
  throw new StormportError('BadInput', `there is no target ${unknown.join(', ')}`, {
    diagnostic: 'SP1503',
    source: 'user',
    hint: `targets: ${fleet.targets.map((target) => target.name).join(', ')}`,
  })
}
