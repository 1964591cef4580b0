// The fake cluster for tests: server, provider, and targets that point at it.
import type { Target } from '../../../core/model/fleet.ts'
import { target } from '../../builders/app.ts'

export { createFakeProvider } from './client/index.ts'
export type { Fault, PlannedFault } from './server/faults.ts'
export { type FakeCluster, type FakeClusterOptions, startFakeCluster } from './server/index.ts'

/** A target of kind fake; targets of one server differ by name. */
export const fakeTarget = (name: string, url: string): Target =>
  target(name, { settings: { server: url, namespace: name } })
