// Limits that a service may state in two places: they must agree, and a limits: block that is silent disagrees too.
import type { Subject } from './consistency-service.ts'
import { mapAt, type Node } from './node.ts'

const PAIRS = [
  ['cpus', 'limits', 'cpus'],
  ['mem_limit', 'limits', 'memory'],
  ['mem_reservation', 'reservations', 'memory'],
  ['pids_limit', 'limits', 'pids'],
] as const

export const checkLegacyLimits = ({ name, service, fail }: Subject): void => {
  const resources = mapAt(mapAt(service, 'deploy'), 'resources')
  for (const [legacy, block, key] of PAIRS) {
    const old = service.entries.get(legacy)
    const stated = mapAt(resources, block)
    if (old === undefined || stated === undefined) continue
    if (amount(old) === amount(stated.entries.get(key))) continue
    fail(old, 'SP1112', `service ${name}: ${legacy} and deploy.resources.${block}.${key} differ`)
  }
}

const amount = (node: Node | undefined): number => (node !== undefined && 'value' in node ? Number(node.value) : 0)
