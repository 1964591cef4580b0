// Which services run as host processes (DESIGN section 1, Processes): asked by render, by image resolution and by code hashes.
import type { Service } from './app.ts'
import type { Target } from './fleet.ts'
import type { TargetFacts } from './replica.ts'

export const runsAsProcess = (service: Service, target: Target, facts: Pick<TargetFacts, 'driver'>): boolean => {
  if (service.extension.process === null || target.provider !== 'local') return false
  if (service.extension.process.when === 'always' && target.here) return true
  return (target.local?.driver ?? facts.driver) === 'process'
}
