// An EKS target on the AWS stand-in, brought up by the engine itself: time passes only where the engine sleeps, and for the
// cloud as for the engine.

import { vi } from 'vitest'
import type { EngineDeps } from '../../core/engine/api.ts'
import type { Running } from '../../core/engine/change.ts'
import { bringUp, infraPlan } from '../../core/engine/infra/bring-up.ts'
import { type InfraLook, lookAtInfra } from '../../core/engine/infra/look.ts'
import type { Settled } from '../../core/engine/settle.ts'
import type { Fleet, Target } from '../../core/model/fleet.ts'
import type { Plan } from '../../core/model/plan.ts'
import type { Provider } from '../../core/ports.ts'
import { createEksProvider } from '../../providers/eks/index.ts'
import { fleet as fleetOf, target as targetOf } from '../builders/app.ts'
import { type FakeAws, type FakeAwsOptions, startFakeAws } from '../fakes/aws/index.ts'

export interface EksStand {
  readonly aws: FakeAws
  readonly provider: Provider
  readonly said: string[]
  readonly fleet: Fleet
  look(target: Target): Promise<InfraLook>
  plan(target: Target): Promise<Plan>
  up(target: Target): Promise<Settled>
  /** As a process that ends after so many calls of the cloud had their effect; false: it was done before. */
  upUntil(target: Target, calls: number): Promise<boolean>
  down(target: Target): Promise<Settled>
  /** Calls that changed something since the last time this was asked. */
  writes(): readonly string[]
  close(): Promise<void>
}

const never = new AbortController().signal

export const eksTarget = (
  settings: Readonly<Record<string, unknown>>,
  pools: Readonly<Record<string, object>> = {},
): Target => ({
  ...targetOf('aws', { settings: { region: 'eu-west-1', cluster: 'shop-prod', account: '123456789012', ...settings } }),
  provider: 'eks',
  pools: Object.entries(pools).map(([name, each]) => ({
    name,
    kind: 'kind' in each && each.kind === 'serverless' ? 'serverless' : 'nodes',
    settings: { ...each },
  })),
})

export const NETWORK = { use: { vpc: 'vpc-1', subnets: ['subnet-a', 'subnet-b'] } }

export const createEksStand = async (options: FakeAwsOptions = {}): Promise<EksStand> => {
  let after: { left: number; readonly end: AbortController } | null = null
  const aws = await startFakeAws({
    ...options,
    onCall: () => {
      if (after === null) return
      after.left -= 1
      if (after.left === 0) after.end.abort()
    },
  })
  // The SDKs find keys and endpoint as a user's process would: in the environment.
  for (const [key, value] of Object.entries(aws.env)) vi.stubEnv(key, value)
  const provider = createEksProvider({ env: aws.env })
  const said: string[] = []
  const fleet = { ...fleetOf([]), name: 'acme' }
  let seen = 0
  const deps: Pick<EngineDeps, 'provider' | 'clock'> = {
    provider: async () => provider,
    clock: {
      now: () => aws.clock.now(),
      // A look every minute is enough for what takes nine; short waits stay what they are.
      sleep: async (ms) => aws.clock.advance(ms >= 5_000 ? Math.max(ms, 60_000) : ms),
    },
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
    deadlineMs: aws.clock.now() + 3_600_000,
    override: false,
    purpose,
  })
  return {
    aws,
    provider,
    said,
    fleet,
    look,
    plan: async (target) => infraPlan(await look(target), input('declared')),
    upUntil: async (target, calls) => {
      const end = new AbortController()
      after = { left: calls, end }
      // Another process: nothing is remembered between it and the next.
      const other = createEksProvider({ env: aws.env })
      const cut: Running = {
        ...run,
        deps: { ...run.deps, provider: async () => other },
        signal: end.signal,
      }
      try {
        const looks = await lookAtInfra({ fleet, targets: [target], shortages }, cut.deps, end.signal)
        const found = looks.get(target.name)
        if (found !== undefined) await bringUp(found, input('declared'), cut)
        return end.signal.aborted
      } catch (error) {
        if (end.signal.aborted) return true
        throw error
      } finally {
        after = null
        await other.close()
      }
    },
    up: async (target) => bringUp(await look(target), input('declared'), run),
    down: async (target) => bringUp(await look(target), input('destroy'), run),
    writes: () => {
      const since = aws.journal.slice(seen)
      seen = aws.journal.length
      return since.filter((entry) => entry.mutating && entry.error === null).map((entry) => entry.operation)
    },
    close: async () => {
      vi.unstubAllEnvs()
      await provider.close()
      await aws.close()
    },
  }
}
