// Fields of live objects that others changed since the release in force was applied, and objects of it that are gone. A
// target that cannot be compared is named, never taken for one without drift.
import type { ObservedObject } from '../model/replica.ts'
import type { EngineDeps } from './api.ts'
import type { Observed } from './observe.ts'
import { newestRelease, readRelease } from './records.ts'
import type { DriftReport, DriftRow } from './reports.ts'
import { type Asked, lookAt } from './status.ts'

export const driftOf = async (asked: Asked, deps: EngineDeps, signal: AbortSignal): Promise<DriftReport> => {
  const observed = await lookAt(asked, deps, signal)
  const rows = await Promise.all(observed.map((o) => targetDrift(o, asked.subject.app, signal)))
  return { drift: rows.flat(), unknown: observed.flatMap(unknownTarget) }
}

const unknownTarget = ({ target, state }: Observed): DriftReport['unknown'] =>
  state.reachable && state.complete ? [] : [{ target: target.name, because: state.because ?? 'it does not answer' }]

const targetDrift = async (o: Observed, app: string, signal: AbortSignal): Promise<readonly DriftRow[]> => {
  if (!o.state.reachable) return []
  const ours = o.state.objects.filter((object) => object.owner === 'ours')
  const changed = ours.filter((object) => object.drift.length > 0 || object.assumed === true)
  const confirmed = (await o.provider.confirmDrift?.(o.target, app, changed, signal)) ?? changed
  return [...confirmed.flatMap((object) => changedFields(o, object)), ...(await goneObjects(o, app))]
}

const changedFields = (o: Observed, object: ObservedObject): readonly DriftRow[] =>
  object.drift.map(({ path, want, live, manager }) => ({
    ...rowOf(o, object),
    field: path,
    want,
    live,
    manager: manager ?? null,
  }))

const rowOf = ({ target }: Observed, object: Pick<ObservedObject, 'kind' | 'name' | 'service'>) => ({
  target: target.name,
  service: object.service ?? null,
  kind: object.kind,
  name: object.name,
})

/** By the inventory of the release; only a complete look can tell that something is not there. */
const goneObjects = async (o: Observed, app: string): Promise<readonly DriftRow[]> => {
  const current = o.state.head?.current ?? null
  if (!o.state.complete || current === null) return []
  const release = (await readRelease([o], app, current)) ?? (await newestRelease([o], app))
  const there = new Set(o.state.objects.map((object) => object.id))
  return (release?.inventory[o.target.name] ?? [])
    .filter((id) => !there.has(id))
    .map((id) => ({ ...rowOf(o, partsOf(id)), field: '', want: 'present', live: 'absent', manager: null }))
}

/** 'apps/Deployment/shop/web' or 'service/shop/web'. */
const partsOf = (id: string): { readonly kind: string; readonly name: string } => {
  const parts = id.split('/')
  return { kind: parts.at(parts.length > 3 ? 1 : 0) ?? id, name: parts.at(-1) ?? id }
}
