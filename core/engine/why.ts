// One replica explained from what is live: its target's own words, our scheduler's reckoning where it finds no place, its
// last exit and lines, and the targets that do not answer.
import { isStormportError, StormportError } from '../errors.ts'
import type { App } from '../model/app.ts'
import type { Release } from '../model/release.ts'
import type { Replica } from '../model/replica.ts'
import type { TargetEvent } from '../model/target-event.ts'
import { schedule, serviceClass } from '../schedule/index.ts'
import type { EngineDeps } from './api.ts'
import { keptEvents } from './events.ts'
import type { Observed } from './observe.ts'
import { newestRelease } from './records.ts'
import type { WhyRefusal, WhyReport } from './reports.ts'
import { ANSWER_MS, isAbort } from './silence.ts'
import { type Asked, lookAt } from './status.ts'
import { clusterRefusal, darkRefusals, nodeRefusals, type Seen, whyReport } from './why-words.ts'

const LINES = 10

export const whyOf = async (asked: Asked, name: string, deps: EngineDeps, signal: AbortSignal): Promise<WhyReport> => {
  const observed = await lookAt(asked, deps, signal)
  const newest = await newestRelease(observed, asked.subject.app)
  const found = troubled(observed, name)
  const service = found?.replica.service ?? serviceNamed(name, observed, newest)
  if (service === null) throw unknownReplica(asked.subject.app, name)
  const at = found?.o ?? homeOf(observed, newest, service)
  const events = await eventsAbout(at, { app: asked.subject.app, service, replica: found?.replica ?? null }, signal)
  const placing = { app: newest?.app ?? null, service, replica: found?.replica ?? null, events }
  // What has no home yet is refused by every target that answers.
  const candidates = at === null ? observed.filter((o) => o.state.reachable) : [at]
  const seen: Seen = {
    app: asked.subject.app,
    service,
    replica: found?.replica ?? null,
    target: at?.target.name ?? null,
    trouble: troubleOf(at, service),
    events,
    dark: darkRefusals(observed, newest, service),
    refusals: (await Promise.all(candidates.map((o) => placeRefusals(o, placing, signal)))).flat(),
    lastLogs: await lastLines(at, { app: asked.subject.app, replica: found?.replica ?? null }, signal),
  }
  return whyReport(seen)
}

interface Found {
  readonly o: Observed
  readonly replica: Replica
}

/** Of several replicas the one in trouble; the newest where all are alike. */
const troubled = (observed: readonly Observed[], name: string): Found | null => {
  const named = observed.flatMap((o) =>
    o.state.replicas.filter((r) => isNamed(r, name)).map((replica) => ({ o, replica })),
  )
  const live = named.filter(({ replica }) => replica.phase !== 'stopping')
  return (
    live.find(({ replica }) => isFailing(replica)) ?? live.find(({ replica }) => !replica.ready) ?? named.at(-1) ?? null
  )
}

const isNamed = ({ id, service, slot }: Replica, name: string): boolean =>
  [id, service, `${service}.${slot}`].includes(name)

const isFailing = ({ ready, phase }: Replica): boolean =>
  !ready && ['failed', 'unhealthy', 'lost', 'exited'].includes(phase)

/** 'web.2' of a service that runs nowhere is asked for as well as 'web'. */
const serviceNamed = (name: string, observed: readonly Observed[], newest: Release | null): string | null => {
  const known = new Set([
    ...(newest?.app.services.map((s) => s.name) ?? []),
    ...observed.flatMap((o) => o.state.services.map((s) => s.service)),
  ])
  return [name, name.replace(/\.\d+$/, '')].find((n) => known.has(n)) ?? null
}

/** Where a service without replicas should run, as far as anybody answers. */
const homeOf = (observed: readonly Observed[], newest: Release | null, service: string): Observed | null => {
  const answering = observed.filter((o) => o.state.reachable)
  const wanted = (o: Observed): boolean =>
    o.state.services.some((s) => s.service === service && s.desired > s.ready) ||
    (newest?.placement.some((p) => p.target === o.target.name && p.service === service && p.count > 0) ?? false)
  return answering.find(wanted) ?? null
}

const unknownReplica = (app: string, name: string): StormportError =>
  new StormportError('NotFound', `${app} has no replica ${name}`, {
    diagnostic: 'SP3223',
    source: 'user',
    hint: `stormport ps -p ${app} lists replicas; stormport plan --why ${name.split('.')[0]} tells where they would go`,
  })

interface About {
  readonly app: string
  readonly service: string
  readonly replica: Replica | null
}

/** Those of the replica, and those of the service as a whole. */
const eventsAbout = async (
  o: Observed | null,
  { app, service, replica }: About,
  signal: AbortSignal,
): Promise<readonly TargetEvent[]> => {
  if (o === null) return []
  const query = { app, services: [service], follow: false, sinceMs: null }
  const all = await unlessRefused(() => keptEvents([o], query, bounded(signal)), [], signal)
  return all.filter((e) => replica === null || e.replica === null || e.replica === replica.id)
}

const bounded = (signal: AbortSignal): AbortSignal => AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)])

/** What only explains may fail: then less is explained. */
const unlessRefused = async <T>(read: () => Promise<T>, otherwise: T, signal: AbortSignal): Promise<T> => {
  try {
    return await read()
  } catch (error) {
    signal.throwIfAborted()
    if (isStormportError(error) || isAbort(error)) return otherwise
    throw error
  }
}

/** A failed object of the service says what its replicas cannot: a quota, a refused pod. */
const troubleOf = (o: Observed | null, service: string): string | null => {
  const failing = o?.state.objects.find(
    (x) => x.service === service && x.owner === 'ours' && x.readiness.state !== 'ready',
  )
  return failing?.readiness.message ?? failing?.readiness.reason ?? null
}

interface Placing {
  readonly app: App | null
  readonly service: string
  readonly replica: Replica | null
  readonly events: readonly TargetEvent[]
}

const placeRefusals = async (
  o: Observed,
  { app, service, replica, events }: Placing,
  signal: AbortSignal,
): Promise<readonly WhyRefusal[]> => {
  if (replica !== null && replica.phase !== 'pending') return []
  const target = o.target.name
  const said = clusterRefusal(events, { target, service })
  const wanted = app?.services.find((s) => s.name === service)
  if (app === null || wanted === undefined) return said
  const capacity = await unlessRefused(() => o.provider.capacity(o.target, bounded(signal)), null, signal)
  if (capacity?.kind !== 'known') return said
  const { refusals } = schedule({
    target,
    nodes: capacity.nodes,
    classes: [serviceClass(app, wanted)],
    counts: Int32Array.of(1),
    running: [],
    policy: 'balanced',
    seed: 0,
    preemption: false,
  })
  return [...nodeRefusals(refusals[0] ?? [], { target, service, nodes: capacity.nodes }), ...said]
}

const lastLines = async (
  o: Observed | null,
  { app, replica }: Omit<About, 'service'>,
  signal: AbortSignal,
): Promise<readonly string[]> => {
  if (o === null || replica === null || replica.phase === 'pending') return []
  const query = {
    app,
    services: [replica.service],
    replicas: [replica.id],
    follow: false,
    sinceMs: null,
    tail: LINES,
  }
  const lines = await unlessRefused(
    () => Array.fromAsync(o.provider.logs(o.target, query, bounded(signal))),
    [],
    signal,
  )
  return lines.slice(-LINES).map((line) => line.text)
}
