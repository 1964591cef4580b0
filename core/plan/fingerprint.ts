// What a plan stands on, as one hash: a saved plan whose fingerprint differs is stale. References of secrets count only
// once the target has its key, so that the first deploy, which makes the key, still fits the plan that was saved before it.
import { contentHash } from '../model/canonical.ts'
import type { NativeObject } from '../model/native-object.ts'
import { isSecret } from './fields.ts'
import type { PlanInput, PlanTarget } from './types.ts'

export const fingerprintOf = (input: PlanInput): string =>
  contentHash({
    app: input.app,
    removing: input.removing,
    only: input.only ?? null,
    force: input.force ?? [],
    targets: [...input.targets].sort((a, b) => (a.target.name < b.target.name ? -1 : 1)).map(targetFacts),
  })

const targetFacts = (t: PlanTarget): unknown => ({
  name: t.target.name,
  identity: t.state.identity,
  reachable: t.state.reachable,
  complete: t.state.complete,
  untouched: t.untouched,
  head: t.state.head === null ? null : { version: t.state.head.version, current: t.state.head.current },
  wanted: t.rendered.map((o) => [o.id, hashOf(o, t)]).sort(byFirst),
  seen: t.state.objects.map((o) => [o.id, o.uid, o.hash ?? '', o.owner, ...o.drift.map((d) => d.path)]).sort(byFirst),
})

const hashOf = (o: NativeObject, t: PlanTarget): string =>
  t.state.head === null && holdsSecret(o.body) ? contentHash(withoutSecrets(o.body)) : o.hash

/** Without copies, since every object of a first deploy is gone through. */
const holdsSecret = (value: unknown): boolean => {
  if (typeof value !== 'object' || value === null) return false
  if (isSecret(value)) return true
  for (const key in value) if (holdsSecret(Reflect.get(value, key))) return true
  return false
}

const withoutSecrets = (value: unknown): unknown => {
  if (isSecret(value)) return 'secret'
  if (Array.isArray(value)) return value.map(withoutSecrets)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, withoutSecrets(v)]))
}

const byFirst = (a: readonly string[], b: readonly string[]): number => ((a[0] ?? '') < (b[0] ?? '') ? -1 : 1)
