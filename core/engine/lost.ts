// Targets that the newest release runs on and the file has lost: known by the definitions that the release keeps, and lost
// until the app is gone from them.
import type { Diagnostic } from '../model/diagnostic.ts'
import type { Fleet, Target } from '../model/fleet.ts'
import type { Release } from '../model/release.ts'
import type { EngineDeps, Subject } from './api.ts'
import { type Observed, observeStates } from './observe.ts'
import { newestRelease } from './records.ts'

interface Asking {
  readonly deps: EngineDeps
  readonly signal: AbortSignal
}

/** The app with the lost targets too, for the verb that names one of them. */
export const withLost = async (subject: Subject, { deps, signal }: Asking): Promise<Subject> => {
  const observed = await observeStates(subject.fleet.targets, subject.app, deps, signal)
  const lost = lostTargets(await newestRelease(observed, subject.app), subject.fleet)
  return { ...subject, fleet: { ...subject.fleet, targets: [...subject.fleet.targets, ...lost] } }
}

const lostNames = (newest: Release | null, fleet: Fleet): readonly string[] =>
  Object.keys(newest?.identities ?? {}).filter((name) => !fleet.targets.some((t) => t.name === name))

const lostTargets = (newest: Release | null, fleet: Fleet): readonly Target[] => {
  const known = releasedTargets(newest?.fleet)
  return lostNames(newest, fleet).flatMap((name) => known.find((t) => t.name === name) ?? [])
}

/** As this version or an older one wrote them. */
const releasedTargets = (fleet: unknown): readonly Target[] =>
  typeof fleet === 'object' && fleet !== null && 'targets' in fleet && Array.isArray(fleet.targets) ? fleet.targets : []

/** A target must be destroyed or forgotten on purpose, never by leaving it out of stormport.yaml. */
export const lostFindings = async (
  newest: Release | null,
  fleet: Fleet,
  { deps, signal }: Asking,
): Promise<readonly Diagnostic[]> => {
  const names = lostNames(newest, fleet)
  if (newest === null || names.length === 0) return []
  const seen = await observeStates(lostTargets(newest, fleet), newest.app.name, deps, signal)
  const left = new Set(seen.filter(isLeft).map((o) => o.target.name))
  return names.filter((name) => !left.has(name)).map((name) => finding(newest, name))
}

/** Only an answer proves it. */
const isLeft = ({ state }: Observed): boolean =>
  state.reachable &&
  state.complete &&
  (state.head === null || state.head.state === 'destroyed') &&
  !state.objects.some((object) => object.owner === 'ours' && object.guard === 'none')

const finding = (newest: Release, name: string): Diagnostic => ({
  code: 'SP3112',
  severity: 'error',
  message: `release ${newest.number} runs on target ${name}, which stormport.yaml no longer has`,
  hint: `stormport destroy -p ${newest.app.name} --target ${name}, or put the target back`,
  target: name,
})
