// The fake cluster passes the suite: the second provider that keeps the contract honest.
import { fakeHarness } from '../test/fakes/cluster/harness.ts'
import { describeProvider } from './conformance.ts'

describeProvider('the fake cluster', fakeHarness)
