// Which application and which fleet a verb is about when it needs no project: by --project-name, else by the name and
// the place of the files. With a name no compose file is read (DESIGN section 5).
import { didYouMean } from '../core/config/suggest.ts'
import type { LoadedProject } from '../core/config/types.ts'
import type { Engine, Subject } from '../core/engine/api.ts'
import { StormportError } from '../core/errors.ts'
import { hasErrors } from '../core/model/diagnostic.ts'
import type { Fleet, Target } from '../core/model/fleet.ts'
import type { Bindings, Reading } from './bindings.ts'
import { brokenFiles } from './project.ts'

export interface FleetInput {
  readonly bindings: Bindings
  readonly reading: Reading
  readonly compose: () => Promise<LoadedProject>
}

/** Without a name the fleet stands beside the compose file. */
export const loadFleet = async ({ bindings, reading, compose }: FleetInput): Promise<Fleet> => {
  const { projectName, config } = reading.options
  const composeFile = projectName === null && config === null ? ((await compose()).files[0] ?? null) : null
  const { fleet, diagnostics } = await bindings.loadFleet(reading, composeFile)
  if (hasErrors(diagnostics)) throw brokenFiles(diagnostics)
  return fleet
}

export interface SubjectInput {
  readonly projectName: string | null
  /** --target */
  readonly targets: readonly string[] | null
  readonly compose: () => Promise<LoadedProject>
  readonly engine: () => Promise<Engine>
  readonly fleet: () => Promise<Fleet>
  /** Told once when the files have errors that do not matter here. */
  readonly note: (text: string) => void
}

export const findSubject = async (input: SubjectInput, signal: AbortSignal): Promise<Subject> => {
  const name = input.projectName ?? nameOf(await input.compose(), input.note)
  const [engine, fleet] = await Promise.all([input.engine(), input.fleet()])
  const found = await engine.find(name, fleet, signal)
  const known = [...fleet.targets, ...found.fleet.targets].map((target) => target.name)
  const asksMore = input.targets?.some((target) => !known.includes(target)) ?? false
  const subject = asksMore ? await engine.withLost(found, signal) : found
  refuseUnknownTargets(input.targets, [...fleet.targets, ...subject.fleet.targets])
  return subject
}

/** A misspelt target must not read as "nothing there". */
export const refuseUnknownTargets = (names: readonly string[] | null, targets: readonly Target[]): void => {
  const known = [...new Set(targets.map((target) => target.name))]
  const unknown = names?.find((name) => !known.includes(name))
  if (unknown === undefined) return
  const hint = didYouMean(unknown, known) ?? 'stormport target list lists the targets'
  throw new StormportError('BadInput', `there is no target ${unknown}`, { diagnostic: 'SP1312', source: 'user', hint })
}

/** Only the name is needed, so findings in the file are no reason to refuse as long as it has one. */
const nameOf = ({ project, diagnostics, files }: LoadedProject, note: (text: string) => void): string => {
  if (project !== null && project.name !== '') {
    if (hasErrors(diagnostics)) note('the compose file has errors; stormport check lists them')
    return project.name
  }
  if (files.length > 0) throw brokenFiles(diagnostics)
  throw new StormportError('BadInput', 'no compose file here or above, so it is not clear which application is meant', {
    diagnostic: 'SP1508',
    source: 'user',
    hint: 'name it with --project-name; stormport apps lists what is there',
  })
}
