// The stored and seen state of an app as the engine reads it. Nothing in it shows a secret: bodies hold references.
import type { Head } from '../../../core/model/release.ts'
import type { ObservedObject, Readiness, ServiceStatus, TargetState } from '../../../core/model/replica.ts'
import { archName, hostLimits } from '../empty-state.ts'
import { localExtra } from '../facts.ts'
import { doorsOf, endpointOf } from './doors.ts'
import type { Kit } from './kit.ts'
import { isReady, slotOf, type Work, workId } from './model.ts'
import type { StoredObject } from './objects.ts'
import { eligibleNodes } from './placement.ts'
import { readinessOf } from './readiness.ts'
import { specInForce } from './reconcile/service.ts'
import { remarksOn } from './remarks.ts'
import { pendingSlots, replicaOf, visibleAllocs } from './replicas.ts'
import type { AppKey, StoredTarget } from './store.ts'

export interface ObserveKit extends Kit {
  readonly doing: (allocId: string) => string | null
  readonly waitingFor: (workId: string) => string | null
  readonly version: string
  readonly daemonId: string
}

export const observeApp = (key: AppKey, target: StoredTarget, kit: ObserveKit): TargetState => {
  const works = kit.ledger.worksOf(key)
  const down = kit.nodes.nodesOf(key.target).filter((n) => n.engine.kind === target.driver && !n.engine.reachable())
  const mains = kit.nodes
    .nodesOf(key.target)
    .filter((n) => n.engine.kind === target.driver || n.engine.kind === 'simulated')
  const reachable = mains.length > down.length
  return {
    identity: `${kit.daemonId}/${key.target}`,
    reachable,
    complete: reachable,
    because: reachable ? null : down.map((n) => `${n.name}: ${n.engine.because() ?? 'it does not answer'}`).join('; '),
    observedAt: new Date(kit.clock.now()).toISOString(),
    facts: factsOf(key, target, kit),
    objects: kit.ledger
      .objectsOf(key)
      .filter(isShown)
      .map((object) => observedObject(object, kit)),
    replicas: works.flatMap((work) => [
      ...visibleAllocs(work, kit).map((alloc) => replicaOf(alloc, work, kit)),
      ...pendingSlots(work, kit),
    ]),
    services: works.filter((w) => w.spec?.body.kind === 'service').map((work) => serviceStatus(work, kit)),
    head: headOf(key, kit),
    secretKey: kit.secrets.key(key, false),
    diagnostics: works.flatMap((work) => remarksOn(work, kit)),
  }
}

/** Files that only a replica of an older spec still reads are gone for the engine. */
const isShown = (object: StoredObject): boolean =>
  !object.removing || (object.kind !== 'config' && object.kind !== 'secret')

const headOf = (key: AppKey, kit: ObserveKit): Head | null => kit.ledger.store.head(key)

const factsOf = (key: AppKey, target: StoredTarget, kit: ObserveKit): TargetState['facts'] => {
  const nodes = kit.nodes.nodesOf(key.target)
  const facts = nodes.flatMap((n) => n.engine.facts() ?? [])
  const main = facts.find((f) => f.driver === target.driver)
  const host = facts.find((f) => f.driver === 'process')
  const limits = hostLimits()
  return {
    version: main?.version ?? null,
    arch:
      main === undefined
        ? [archName()]
        : [...new Set(facts.filter((f) => f.driver === target.driver).map((f) => f.arch))],
    os: [main?.os ?? process.platform],
    driver: target.driver,
    assumed: false,
    extra: { daemonVersion: kit.version, ...localExtra({ ...limits, enforces: host?.enforces ?? limits.enforces }) },
  }
}

const observedObject = (object: StoredObject, kit: ObserveKit): ObservedObject => {
  const work = object.service === null ? undefined : kit.ledger.work(workId({ ...object, service: object.service }))
  const spec = work?.spec ?? null
  // After a rollback by the daemon itself, what counts is the spec that is in force again.
  const hash = spec?.hash ?? object.hash
  const readiness = work === undefined ? plainReadiness(object) : readinessOf(work, kit)
  return {
    id: object.id,
    uid: object.uid,
    kind: object.kind,
    name: object.name,
    ...(object.service === null ? {} : { service: object.service }),
    scope: 'app',
    guard: object.guard,
    stage: object.stage,
    hash,
    owner: 'ours',
    release: spec?.release ?? object.release,
    drift:
      readiness.state === 'failed' && !object.removing ? [{ path: 'rollout', want: 'complete', live: 'failed' }] : [],
    readiness,
    ...(spec === null
      ? {}
      : { summary: { image: spec.body.container.image ?? 'host process', replicas: spec.body.replicas } }),
    body: spec?.body ?? object.body,
  }
}

const plainReadiness = (object: StoredObject): Readiness =>
  object.removing
    ? {
        state: 'progressing',
        reason: 'Removing',
        retriable: true,
        ...(object.trouble === null ? {} : { message: object.trouble }),
      }
    : { state: 'ready', retriable: true }

export const serviceStatus = (work: Work, kit: ObserveKit): ServiceStatus => {
  const spec = work.spec === null ? null : specInForce(work, work.spec)
  const wanted =
    spec === null ? 0 : spec.body.mode === 'global' ? eligibleNodes(work, spec, kit.nodes).length : spec.body.replicas
  const done = Array.from({ length: wanted }, (_, i) => slotOf(work, i + 1)).filter(
    (s) => s.finished && s.lastExit?.code === 0,
  ).length
  const ready = kit.ledger.allocsOf(workId(work)).filter((a) => isReady(a) && a.slot <= Math.max(wanted, 1)).length
  return {
    service: work.service,
    desired: wanted - done,
    ready: Math.min(ready, wanted),
    release: spec?.release ?? null,
    endpoints: endpointsOf(work, kit),
  }
}

const endpointsOf = (work: Work, kit: ObserveKit): readonly string[] => {
  const doors = doorsOf(work).flatMap((door) => {
    const port = kit.proxy.port(door.key)
    return port === undefined ? [] : [endpointOf(door.port, port)]
  })
  const body = work.spec?.body
  const bound = body === undefined || body.driver === 'process' ? [] : body.ports.filter((p) => p.mode === 'host')
  return [...doors, ...bound.flatMap((port) => (port.published === null ? [] : [endpointOf(port, port.published)]))]
}
