// An AKS target on the Azure stand-in, brought up by the engine itself: time passes only where the engine or the adapter
// sleeps, and for the cloud as for them.
import type { EngineDeps } from '../../core/engine/api.ts'
import type { Running } from '../../core/engine/change.ts'
import { bringUp, infraPlan } from '../../core/engine/infra/bring-up.ts'
import { type InfraLook, lookAtInfra } from '../../core/engine/infra/look.ts'
import type { Settled } from '../../core/engine/settle.ts'
import { StormportError } from '../../core/errors.ts'
import type { Fleet, Target } from '../../core/model/fleet.ts'
import type { Plan } from '../../core/model/plan.ts'
import type { Provider } from '../../core/ports.ts'
import { createAksProvider } from '../../providers/aks/index.ts'
import type { InnerApi } from '../../providers/aks/inner.ts'
import { fleet as fleetOf, target as targetOf } from '../builders/app.ts'
import {
  type FakeAzure,
  type FakeAzureOptions,
  startFakeAzure,
  TEST_SUBSCRIPTION,
  TEST_TENANT,
} from '../fakes/azure/index.ts'

export interface AksStand {
  readonly azure: FakeAzure
  /** What our infrastructure puts into the cluster, by path. */
  readonly inner: ReadonlyMap<string, Readonly<Record<string, unknown>>>
  /** Each entry is one read inside the cluster that is refused. */
  readonly refusals: unknown[]
  /** The one of this process; `restart` makes another, as a new process would. */
  provider(): Provider
  restart(): Promise<void>
  readonly said: string[]
  readonly fleet: Fleet
  look(target: Target): Promise<InfraLook>
  plan(target: Target): Promise<Plan>
  up(target: Target): Promise<Settled>
  down(target: Target): Promise<Settled>
  /** Calls that changed something since the last time this was asked. */
  writes(): readonly string[]
  close(): Promise<void>
}

/** The API inside the cluster, as a map: the real one is tried with a control plane. */
const innerOf = (objects: Map<string, Readonly<Record<string, unknown>>>, refusals: unknown[]): InnerApi => ({
  read: async (path) => {
    if (refusals.splice(0, 1).length > 0) throw new StormportError('Forbidden', 'no such right yet')
    return objects.get(path) ?? null
  },
  apply: async (path, body) => void objects.set(path, { ...body }),
  remove: async (path) => void objects.delete(path),
  close: () => undefined,
})

const never = new AbortController().signal

export const aksTarget = (
  settings: Readonly<Record<string, unknown>>,
  pools: Readonly<Record<string, object>> = {},
): Target => ({
  ...targetOf('azure', {
    settings: {
      tenant: TEST_TENANT,
      subscription: TEST_SUBSCRIPTION,
      resourceGroup: 'shop',
      location: 'westeurope',
      cluster: 'shop-prod',
      ...settings,
    },
  }),
  provider: 'aks',
  pools: Object.entries(pools).map(([name, each]) => ({ name, kind: 'nodes', settings: { ...each } })),
})

export const createAksStand = async (options: FakeAzureOptions = {}): Promise<AksStand> => {
  const azure = await startFakeAzure(options)
  // A look every minute is enough for what takes five; short waits stay what they are.
  const sleep = async (ms: number): Promise<void> => azure.clock.advance(ms >= 5_000 ? Math.max(ms, 60_000) : ms)
  const make = (): Provider =>
    createAksProvider({
      env: {},
      cloud: { endpoint: azure.url, ca: azure.ca, credential: azure.credential },
      sleep,
      inner: () => innerOf(inner, refusals),
    })
  const inner = new Map<string, Readonly<Record<string, unknown>>>()
  const refusals: unknown[] = []
  let provider = make()
  const said: string[] = []
  const fleet = { ...fleetOf([]), name: 'acme' }
  let seen = 0
  const deps: Pick<EngineDeps, 'provider' | 'clock'> = {
    provider: async () => provider,
    clock: { now: () => azure.clock.now(), sleep },
  }
  const run: Running = { deps: deps as EngineDeps, say: (_t, _c, message) => void said.push(message), signal: never }
  const shortages = new Map<string, string>()
  const look = async (target: Target): Promise<InfraLook> => {
    const found = (await lookAtInfra({ fleet, targets: [target], shortages }, run.deps, never)).get(target.name)
    if (found === undefined) throw new Error('the target declares nothing')
    if (!found.state.reachable) throw new Error(found.state.because ?? 'not reachable')
    return found
  }
  const input = (purpose: 'declared' | 'destroy') => ({
    fleet,
    shortages,
    deadlineMs: azure.clock.now() + 3 * 3_600_000,
    override: false,
    purpose,
  })
  return {
    azure,
    inner,
    refusals,
    provider: () => provider,
    restart: async () => {
      await provider.close()
      provider = make()
    },
    said,
    fleet,
    look,
    plan: async (target) => infraPlan(await look(target), input('declared')),
    up: async (target) => bringUp(await look(target), input('declared'), run),
    down: async (target) => bringUp(await look(target), input('destroy'), run),
    writes: () => {
      const since = azure.journal.slice(seen)
      seen = azure.journal.length
      return since.filter((entry) => entry.mutating && entry.error === null).map((entry) => entry.operation)
    },
    close: async () => {
      await provider.close()
      await azure.close()
    },
  }
}
