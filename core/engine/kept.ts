// Configs and secrets that no service uses any more but a rollback would need (DESIGN section 5, Secrets). While a release is
// rolled out, those of the two healthy ones before it stay: should it be taken back, there is still one to roll back to.
import { GENERATIONS, healthyBut, restorable } from './heads.ts'
import type { Observed } from './observe.ts'

const KEPT_KINDS: ReadonlySet<string> = new Set(['config', 'secret', 'configmap'])

/** A new release becomes the newest one; else what its own deploy kept stays, so that the same again changes nothing. */
export type Keeping = 'forNew' | 'forSame'

/** Target → ids that must not be removed as surplus. */
export const keptObjects = async (
  observed: readonly Observed[],
  app: string,
  keeping: Keeping,
): Promise<Readonly<Record<string, readonly string[]>>> => {
  const entries = await Promise.all(observed.map(async (o) => [o.target.name, await keptOn(o, app, keeping)] as const))
  return Object.fromEntries(entries)
}

const keptOn = async (o: Observed, app: string, keeping: Keeping): Promise<readonly string[]> => {
  const { head, objects } = o.state
  const held = new Set(objects.filter((object) => KEPT_KINDS.has(object.kind.toLowerCase())).map((object) => object.id))
  if (head === null || held.size === 0) return []
  const numbers = keeping === 'forSame' ? restorable(head) : healthyBut(head.releases, null).slice(-GENERATIONS)
  const releases = await Promise.all(numbers.map((n) => o.provider.records(o.target, app).read(n)))
  return releases.flatMap((r) => r?.inventory[o.target.name] ?? []).filter((id) => held.has(id))
}
