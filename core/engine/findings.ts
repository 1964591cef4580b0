// What must not be, over all targets of a fleet: one place under two names, one port opened twice on one machine, another
// place under a known name. Pure; each finding is one diagnostic.
import type { Diagnostic } from '../model/diagnostic.ts'
import type { TargetSpec } from '../model/native-object.ts'
import type { Release } from '../model/release.ts'
import type { Observed } from './observe.ts'

export const fleetFindings = (
  observed: readonly Observed[],
  specs: ReadonlyMap<string, TargetSpec>,
): readonly Diagnostic[] => [...sameIdentity(observed), ...samePort(observed, specs)]

const sameIdentity = (observed: readonly Observed[]): readonly Diagnostic[] => {
  const seen = new Map<string, string>()
  const found: Diagnostic[] = []
  for (const o of observed.filter((x) => x.state.reachable)) {
    const other = seen.get(o.state.identity)
    if (other !== undefined)
      found.push({
        code: 'SP3113',
        severity: 'error',
        message: `targets ${other} and ${o.target.name} are the same place`,
        hint: 'keep one of them in stormport.yaml',
        target: o.target.name,
      })
    seen.set(o.state.identity, o.target.name)
  }
  return found
}

const samePort = (observed: readonly Observed[], specs: ReadonlyMap<string, TargetSpec>): readonly Diagnostic[] => {
  const opened = new Map<string, { readonly target: string; readonly service: string }>()
  const found: Diagnostic[] = []
  for (const o of observed.filter((x) => x.target.here))
    for (const { service } of specs.get(o.target.name)?.services ?? [])
      for (const port of service.ports.filter((p) => p.published !== null)) {
        const key = `${port.protocol}/${port.published}`
        const other = opened.get(key)
        if (other !== undefined && other.target !== o.target.name)
          found.push(
            portFinding(service.name, port.published ?? 0, {
              other: other.target,
              target: o.target.name,
              container: port.target,
            }),
          )
        opened.set(key, { target: o.target.name, service: service.name })
      }
  return found
}

const portFinding = (
  service: string,
  port: number,
  where: { readonly other: string; readonly target: string; readonly container: number },
): Diagnostic => ({
  code: 'SP3114',
  severity: 'error',
  message: `${where.other} and ${where.target} would both open port ${port} of this machine for ${service}`,
  hint: `write ports: ["${where.container}"] and the proxy picks a port on each target`,
  target: where.target,
  service,
})

/** A place that is not the one the release knew: another cluster under the same name. */
export const movedIdentities = (newest: Release | null, observed: readonly Observed[]): readonly Diagnostic[] =>
  observed
    .filter(
      (o) =>
        o.state.reachable &&
        newest?.identities[o.target.name] !== undefined &&
        newest.identities[o.target.name] !== o.state.identity,
    )
    .map((o) => ({
      code: 'SP3115',
      severity: 'error',
      message: `target ${o.target.name} is not the place that release ${newest?.number ?? 0} was deployed to`,
      hint: 'check context, endpoint or state folder; deploy under another target name if it is meant',
      target: o.target.name,
    }))
