// Host processes as allocations: each runs under a small shim of its own that outlives the daemon (DESIGN section 1, Processes).
import { StormportError } from '../../../../core/errors.ts'
import type { Driver, DriverOptions } from '../../daemon/driver.ts'

export const createProcessDriver = (options: DriverOptions): Driver => {
  throw new StormportError('Internal', `the process driver of ${options.node} is not built yet`)
}
