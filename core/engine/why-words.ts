// The words of `why`: what is wrong, who refuses, what to do next. Pure.
import type { Refusal } from '../model/placement.ts'
import type { Release } from '../model/release.ts'
import type { Replica } from '../model/replica.ts'
import type { NodeCapacity } from '../model/resources.ts'
import type { TargetEvent } from '../model/target-event.ts'
import type { Observed } from './observe.ts'
import type { WhyRefusal, WhyReport } from './reports.ts'

const EVENTS = 10

export interface Seen {
  readonly app: string
  readonly service: string
  /** null: there is none. */
  readonly replica: Replica | null
  readonly target: string | null
  /** What the objects of the service say. */
  readonly trouble: string | null
  readonly events: readonly TargetEvent[]
  /** Targets that should run it and do not answer. */
  readonly dark: readonly WhyRefusal[]
  readonly refusals: readonly WhyRefusal[]
  readonly lastLogs: readonly string[]
}

export const whyReport = (seen: Seen): WhyReport => {
  const { replica, events } = seen
  return {
    service: seen.service,
    slot: replica?.slot ?? null,
    phase: replica?.phase ?? (seen.target === null && seen.refusals.length === 0 ? 'unknown' : 'pending'),
    since: replica?.startedAt ?? events.find((e) => e.replica === (replica?.id ?? null))?.at ?? null,
    reason: reasonOf(seen),
    replica: replica?.id ?? null,
    target: seen.target,
    node: replica?.node ?? null,
    ready: replica?.ready ?? false,
    restarts: replica?.restarts ?? 0,
    lastExit: replica?.lastExit ?? null,
    refusals: [...seen.refusals, ...seen.dark],
    events: events
      .slice(-EVENTS)
      .map(({ at, severity, reason, message, count }) => ({ at, severity, reason, message, count })),
    lastLogs: seen.lastLogs,
    next: nextOf(seen),
  }
}

const reasonOf = (seen: Seen): string | null => {
  const { replica, dark } = seen
  if (replica === null) return seen.trouble ?? dark[0]?.reason ?? seen.refusals[0]?.reason ?? 'no replica is there'
  if (replica.ready) return replica.reason
  return pullWords(seen) ?? replica.reason ?? exitWords(replica) ?? seen.trouble
}

/** While a pull is backed off the target repeats that it waits; the registry's own words stand in an earlier event. */
const pullWords = ({ replica, events }: Seen): string | null => {
  if (!/^(?:ImagePullBackOff|ErrImagePull)/.test(replica?.reason ?? '')) return null
  const said = events.findLast((e) => e.reason === 'Failed' && e.message.startsWith('Failed to pull image'))
  return said?.message ?? null
}

export const exitWords = ({ lastExit }: Pick<Replica, 'lastExit'>): string | null => {
  if (lastExit === null) return null
  const { code, signal, oomKilled } = lastExit
  if (oomKilled) return 'ended by the kernel: out of memory'
  return signal === null ? `exited ${code ?? 'with an unknown status'}` : `ended by ${signal}`
}

const nextOf = (seen: Seen): readonly string[] => {
  const { app, service, replica, target, dark } = seen
  const logs = `stormport logs ${service} -p ${app}`
  if (replica === null && target === null)
    return [...dark.map((d) => d.fix), `stormport plan --why ${service}`, `stormport status -p ${app}`]
  if (replica === null || replica.phase === 'pending')
    return [`stormport pool list --target ${target ?? ''}`, `stormport plan --why ${service}`]
  if (replica.ready) return [logs]
  if (/ImagePull|InvalidImageName|pull/.test(replica.reason ?? ''))
    return ['stormport plan', `stormport rollback -p ${app}`]
  return [logs, `stormport restart ${service} -p ${app}`, `stormport rollback -p ${app}`]
}

export const darkRefusals = (
  observed: readonly Observed[],
  newest: Release | null,
  service: string,
): readonly WhyRefusal[] =>
  observed
    .filter((o) => !o.state.reachable)
    .filter(
      (o) => newest?.placement.some((p) => p.target === o.target.name && p.service === service && p.count > 0) ?? true,
    )
    .map((o) => ({
      target: o.target.name,
      pool: null,
      node: null,
      reason: `${o.target.name} is unreachable: ${o.state.because ?? 'it does not answer'}; what it should run is owed`,
      fix: `stormport target check ${o.target.name}`,
    }))

const REFUSED: ReadonlySet<string> = new Set(['FailedScheduling', 'FailedCreate', 'FailedPlacement'])

/** The last word of the target's own scheduler. */
export const clusterRefusal = (
  events: readonly TargetEvent[],
  { target, service }: { readonly target: string; readonly service: string },
): readonly WhyRefusal[] => {
  const said = events.findLast((e) => REFUSED.has(e.reason))
  if (said === undefined) return []
  const reason = `${target} says: ${said.message}`
  return [{ target, pool: null, node: null, reason, fix: fixFor(said.message, service) }]
}

export const nodeRefusals = (
  refusals: readonly Refusal[],
  at: { readonly target: string; readonly service: string; readonly nodes: readonly NodeCapacity[] },
): readonly WhyRefusal[] =>
  refusals.map(({ reason, count, example }) => {
    const [name = '', detail] = example.split(': ')
    const node = at.nodes.find((n) => n.name === name)
    const words = detail === undefined ? reason : `${reason}; ${detail}`
    return {
      target: at.target,
      pool: node?.pool ?? null,
      node: node?.name ?? null,
      reason: count > 1 ? `${words} (${count} nodes)` : words,
      fix: fixFor(reason, at.service),
    }
  })

/** By what the reason is about, whoever said it. */
const FIXES: readonly (readonly [RegExp, (service: string) => string])[] = [
  [/quota|forbidden/i, () => 'raise the quota of the namespace, or ask for less'],
  [/GPU|nvidia|amd\.com|gpu\./, (s) => `free a card, add a node that has one, or widen x-stormport.gpu of ${s}`],
  [/CPU|cpu/, (s) => `free CPU, add a node, or lower deploy.resources.reservations.cpus of ${s}`],
  [/memory/, (s) => `free memory, add a node, or lower deploy.resources.reservations.memory of ${s}`],
  [/cordoned|unschedulable/, () => 'let the node take work again'],
  [/taint/, () => 'remove the taint, or let the service run on another target'],
  [/host port|free ports/, (s) => `publish another port of ${s}`],
  [/max_replicas_per_node|spread/, (s) => `add a node, or raise the bound in deploy.placement of ${s}`],
  [/constraint|node affinity|selector/, (s) => `label a node, or change deploy.placement.constraints of ${s}`],
  [/platform/, (s) => `build the image of ${s} for this platform`],
  [/volume/i, () => 'free the node that holds the volume'],
]

const fixFor = (reason: string, service: string): string =>
  FIXES.find(([pattern]) => pattern.test(reason))?.[1](service) ?? `stormport plan --why ${service}`
