// Published host ports, read from bodies by the words that Compose uses for them.
import type { Diagnostic } from '../model/diagnostic.ts'
import type { NativeObject } from '../model/native-object.ts'
import type { Action } from '../model/plan.ts'
import type { PlanTarget } from './types.ts'

/** 'tcp/8080' for each fixed published port. */
export const publishedPorts = (body: unknown): readonly string[] => {
  if (typeof body !== 'object' || body === null || !('ports' in body) || !Array.isArray(body.ports)) return []
  return body.ports.flatMap((p: unknown) => {
    if (typeof p !== 'object' || p === null || !('published' in p) || typeof p.published !== 'number') return []
    return [`${'protocol' in p && typeof p.protocol === 'string' ? p.protocol : 'tcp'}/${p.published}`]
  })
}

/** True when a new or changed object of the same target takes a port that the removed one holds. */
export const portsHandedOver = (removal: Action, actions: readonly Action[]): boolean => {
  const held = publishedPorts(removal.live?.body)
  return (
    held.length > 0 &&
    actions.some((a) => a.object !== null && publishedPorts(a.object.body).some((p) => held.includes(p)))
  )
}

/** Fixed ports that two targets of one machine would open. */
export const portConflicts = (targets: readonly PlanTarget[]): readonly Diagnostic[] => {
  const taken = new Map<string, { readonly target: string; readonly object: NativeObject }>()
  const findings: Diagnostic[] = []
  for (const t of targets.filter((x) => x.target.here))
    for (const object of t.rendered)
      for (const port of publishedPorts(object.body)) {
        const other = taken.get(port)
        if (other === undefined) taken.set(port, { target: t.target.name, object })
        else if (other.target !== t.target.name)
          findings.push(conflict({ port, object, target: t.target.name, other: other.target }))
      }
  return findings
}

const conflict = (at: {
  readonly port: string
  readonly object: NativeObject
  readonly target: string
  readonly other: string
}): Diagnostic => ({
  code: 'SP3108',
  severity: 'error',
  message: `port ${at.port.replace(/^tcp\//, '')} of ${at.object.service ?? at.object.name} would be opened twice on this machine: by ${at.other} and by ${at.target}`,
  hint: 'publish without a fixed port (`ports: ["8080"]`): the proxy picks a free one on each target',
  target: at.target,
  ...(at.object.service === undefined ? {} : { service: at.object.service }),
})
