// `deploy SERVICE…`: the named services and what they depend on as the files say, everything else as it is released now.
import type { App, Service } from '../model/app.ts'

export const partialApp = (next: App, previous: App | null, selected: readonly string[] | null): App => {
  if (selected === null || selected.length === 0) return next
  const chosen = withDependencies(next, selected)
  const kept = (previous?.services ?? []).filter((s) => !chosen.has(s.name))
  const services = [...next.services.filter((s) => chosen.has(s.name)), ...kept].sort(
    (a, b) => order(next, a) - order(next, b),
  )
  return { ...next, services }
}

const withDependencies = (app: App, selected: readonly string[]): ReadonlySet<string> => {
  const byName = new Map(app.services.map((s) => [s.name, s]))
  const chosen = new Set<string>()
  const queue = [...selected]
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (chosen.has(name)) continue
    chosen.add(name)
    queue.push(...(byName.get(name)?.dependsOn.map((d) => d.service) ?? []))
  }
  return chosen
}

const order = (app: App, service: Service): number => {
  const at = app.services.findIndex((s) => s.name === service.name)
  return at === -1 ? app.services.length : at
}
