// Configs and secrets that no service uses any more but a rollback would need: those of the current and of the previous
// healthy release stay (DESIGN section 5, Secrets). A new release keeps only what the newest healthy one has.
import { newestHealthy } from './heads.ts'
import type { Observed } from './observe.ts'

const KEPT_KINDS: ReadonlySet<string> = new Set(['config', 'secret', 'configmap'])

/** Target → ids that must not be removed as surplus. */
export const keptObjects = async (
  observed: readonly Observed[],
  app: string,
  which: 'both' | 'newestHealthy',
): Promise<Readonly<Record<string, readonly string[]>>> => {
  const entries = await Promise.all(observed.map(async (o) => [o.target.name, await keptOn(o, app, which)] as const))
  return Object.fromEntries(entries)
}

const keptOn = async (o: Observed, app: string, which: 'both' | 'newestHealthy'): Promise<readonly string[]> => {
  const { head, objects } = o.state
  const held = new Set(objects.filter((object) => KEPT_KINDS.has(object.kind.toLowerCase())).map((object) => object.id))
  if (head === null || held.size === 0) return []
  const healthy = newestHealthy(head.releases)?.number ?? null
  const numbers = which === 'both' ? [head.current, head.previousHealthy] : [healthy]
  const releases = await Promise.all(
    [...new Set(numbers)].flatMap((n) => (n === null ? [] : [o.provider.records(o.target, app).read(n)])),
  )
  return releases.flatMap((r) => r?.inventory[o.target.name] ?? []).filter((id) => held.has(id))
}
