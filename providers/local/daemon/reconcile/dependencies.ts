// `depends_on`: what a rollout waits for. A replica that is only replaced (healed) waits for nothing.
import type { Dependency } from '../../../../core/model/app.ts'
import { type Alloc, isAhead, isLive, isReady, type SpecVersion, slotOf, type Work } from '../model.ts'
import type { DependencyState, WorkView } from './decide.ts'

/** How a service looks to those that depend on it. */
export const dependencyState = (work: Work, allocs: readonly Alloc[]): DependencyState => {
  const { spec } = work
  const live = allocs.filter(isLive)
  const wanted = spec?.body.replicas ?? 0
  const ready = new Set(live.filter((a) => isReady(a) && a.spec.replicaHash === spec?.replicaHash).map((a) => a.slot))
  const finished = Array.from({ length: wanted }, (_, i) => slotOf(work, i + 1)).filter(
    (s) => s.finished && s.lastExit?.code === 0,
  ).length
  return {
    started: live.some((a) => a.state === 'running') || finished > 0 || wanted === 0,
    placed: live.length > 0 || allocs.some(isAhead),
    healthy: ready.size + finished >= wanted,
    completed: completion(work),
  }
}

const completion = (work: Work): DependencyState['completed'] => {
  if (work.rollout.state === 'failed') return 'failed'
  return work.rollout.state === 'complete' ? 'yes' : 'no'
}

export type Gate =
  | { readonly kind: 'open' }
  /** soon: for nothing but the start of what is being started. */
  | { readonly kind: 'waits'; readonly because: string; readonly soon: boolean }
  /** It will never come. */
  | { readonly kind: 'broken'; readonly because: string }

export const gateOf = (spec: SpecVersion, view: WorkView): Gate => {
  let gate: Gate = { kind: 'open' }
  for (const dependency of spec.body.dependsOn)
    gate = bothGates(gate, oneGate(dependency, view.dependencies[dependency.service]))
  return gate
}

/** The first that waits says why; a broken one outweighs all. */
const bothGates = (first: Gate, second: Gate): Gate => {
  if (first.kind === 'broken' || second.kind === 'open') return first
  if (second.kind === 'broken' || first.kind === 'open') return second
  return { ...first, soon: first.soon && second.soon }
}

const waits = (because: string, soon = false): Gate => ({ kind: 'waits', because, soon })

const oneGate = (dependency: Dependency, state: DependencyState | undefined): Gate => {
  const { service, condition, required } = dependency
  if (state === undefined) return required ? waits(`waits for ${service}, which is not there yet`) : { kind: 'open' }
  switch (condition) {
    case 'service_started':
      return state.started ? { kind: 'open' } : waits(`waits for ${service} to start`, state.placed)
    case 'service_healthy':
      if (state.healthy) return { kind: 'open' }
      if (!required && state.completed === 'failed') return { kind: 'open' }
      return waits(`waits for ${service} to be healthy`)
    case 'service_completed_successfully':
      if (state.completed === 'yes' || (state.completed === 'failed' && !required)) return { kind: 'open' }
      return state.completed === 'failed'
        ? { kind: 'broken', because: `${service} has failed, and must complete first` }
        : waits(`waits for ${service} to complete`)
    default:
      return condition satisfies never
  }
}
