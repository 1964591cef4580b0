// Published host ports, read from bodies by the words that Compose uses for them.
import type { Action } from '../model/plan.ts'

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
