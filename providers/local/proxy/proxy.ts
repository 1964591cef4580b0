// The daemon's hand on the proxy process: starts it on demand, adopts a running one, pushes the table.
import { StormportError } from '../../../core/errors.ts'
import type { ProxyControl, ProxyControlOptions } from './types.ts'

export type { ProxyBackend, ProxyControl, ProxyControlOptions, ProxyEntry, ProxyReport, ProxyTable } from './types.ts'

export const createProxyControl = (options: ProxyControlOptions): ProxyControl => {
  const notYet = () => Promise.reject(new StormportError('Internal', `the proxy of ${options.stateDir} is not built yet`))
  return { apply: notYet, connections: notYet, report: notYet, drained: notYet, close: async () => {}, stop: notYet }
}
