// The provider with its real client over a fake API server keeps the contract; test/tiers/kube holds it to real ones.
import { fakeKubeHarness } from '../../test/fakes/kube-api/harness.ts'
import { describeProvider } from '../conformance.ts'

describeProvider('kubernetes', fakeKubeHarness)
