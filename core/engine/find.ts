// An app by its name alone: which targets it lives on and by which policy, as its newest release says (DESIGN section 5).
import type { Fleet, Target } from '../model/fleet.ts'
import type { EngineDeps, Subject } from './api.ts'
import { observeStates } from './observe.ts'
import { newestRelease } from './records.ts'
import { appsSeen } from './status.ts'

/**
 * A target that does not answer may hold the app, so it stays. An unknown app keeps the file's targets: it gives empty
 * answers, no error.
 */
export const findApp = async (
  app: string,
  fleet: Fleet,
  run: { readonly deps: EngineDeps; readonly signal: AbortSignal },
): Promise<Subject> => {
  const seen = await appsSeen(fleet, run.deps, run.signal)
  const entries = seen.entries.filter((e) => e.app === app)
  const named = [...entries.map((e) => e.target), ...seen.silent.map((s) => s.target.name)]
  const known = new Map(fleet.targets.map((t) => [t.name, t]))
  const unnamed = entries.filter((e) => !known.has(e.target)).map((e) => e.target)
  const partly = seen.silent.length === 0 ? {} : { unreachable: seen.silent.map((s) => s.target.name) }
  if (unnamed.length === 0) return { app, fleet: entries.length === 0 ? fleet : only(fleet, named), ...partly }
  const stand = standIns(fleet, unnamed)
  const observed = await observeStates(stand, app, run.deps, run.signal)
  const newest = await newestRelease(observed, app)
  const released = isFleet(newest?.fleet) ? newest.fleet : null
  const targets = [
    ...fleet.targets.filter((t) => named.includes(t.name)),
    ...stand.map((s) => released?.targets.find((t) => t.name === s.name) ?? s),
  ]
  return { app, fleet: { ...(released ?? fleet), targets }, ...partly }
}

const only = (fleet: Fleet, names: readonly string[]): Fleet => ({
  ...fleet,
  targets: fleet.targets.filter((t) => names.includes(t.name)),
})

/** A target of the same control plane that no file names: reached through the one that answered for it. */
const standIns = (fleet: Fleet, names: readonly string[]): readonly Target[] => {
  const model = fleet.targets.find((t) => t.provider === 'local') ?? fleet.targets[0]
  return model === undefined ? [] : [...new Set(names)].map((name) => ({ ...model, name, site: name }))
}

const isFleet = (value: unknown): value is Fleet =>
  typeof value === 'object' && value !== null && 'targets' in value && Array.isArray(value.targets)
