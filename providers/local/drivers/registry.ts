// One line a driver; each is loaded only when a node needs it.
import type { Driver, DriverOptions } from '../daemon/driver.ts'

export type DriverKind = Driver['kind']
export type DriverFactory = (kind: DriverKind, options: DriverOptions) => Promise<Driver>

export const createDriver: DriverFactory = async (kind, options) => {
  switch (kind) {
    case 'docker':
      return (await import('./docker/index.ts')).createDockerDriver(options)
    case 'process':
      return (await import('./process/index.ts')).createProcessDriver(options)
    case 'simulated':
      return (await import('./simulated.ts')).createSimulatedDriver(options)
    default:
      return kind satisfies never
  }
}
