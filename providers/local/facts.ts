// What is taken for true of a local target: without looking (render, check) and by kind (capabilities).
import type { Target } from '../../core/model/fleet.ts'
import type { TargetFacts } from '../../core/model/replica.ts'
import type { Capabilities } from '../../core/ports.ts'

export const LOCAL_CAPABILITIES: Capabilities = {
  maxInFlight: 16,
  slots: true,
  features: {
    apply: 'native',
    prune: 'native',
    watch: 'native',
    logs: 'native',
    events: 'native',
    exec: 'native',
    metrics: 'native',
    records: 'native',
    lease: 'native',
    secrets: 'native',
    jobs: 'native',
    crons: 'native',
    rollingUpdate: 'native',
    autoscale: 'none',
  },
}

/** A local target is taken for an engine unless the file says process; daemon facts replace this as soon as one is asked. */
export const assumedFacts = (target: Target): TargetFacts => ({
  version: null,
  arch: ['amd64'],
  os: ['linux'],
  driver: target.local?.driver ?? 'docker',
  assumed: true,
  // Nothing is refused on an assumption: what this machine may not do is said when it is asked.
  extra: localExtra({ root: true, unprivilegedPortStart: 1024, enforces: { cpu: true, memory: true, pids: true } }),
})

/** The part of TargetFacts.extra that verdicts read. */
export interface LocalExtra {
  /** The daemon may bind ports below the unprivileged limit. */
  readonly root: boolean
  readonly unprivilegedPortStart: number
  /** What the process driver can enforce here. */
  readonly enforces: { readonly cpu: boolean; readonly memory: boolean; readonly pids: boolean }
}

export const localExtra = (extra: LocalExtra): Readonly<Record<string, unknown>> => ({ local: extra })

export const readLocalExtra = (facts: TargetFacts): LocalExtra => {
  const found = facts.extra['local']
  return isExtra(found)
    ? found
    : { root: true, unprivilegedPortStart: 1024, enforces: { cpu: true, memory: true, pids: true } }
}

const isExtra = (value: unknown): value is LocalExtra =>
  typeof value === 'object' && value !== null && 'root' in value && 'enforces' in value
