// The engine's public surface: every verb that observes or changes targets. Streams yield coded events and end with a
// 'result' event whose data is a Result; they throw only for our own bugs.
import type { Engine, EngineDeps } from './api.ts'
import { deployProject, planProject } from './deploy.ts'
import { destroyApp } from './destroy.ts'
import { driftOf } from './drift.ts'
import { eventsOf } from './events.ts'
import { findApp } from './find.ts'
import { searchFleetGpus } from './gpu-search.ts'
import { readOnce } from './infra/catalogs.ts'
import { createTargets, destroyTargets } from './infra/verbs.ts'
import { locksOf } from './locks.ts'
import { execIn, logsOf } from './logs.ts'
import { withLost } from './lost.ts'
import { metricsOf } from './metrics.ts'
import { poolsOf } from './pools.ts'
import { renderProject, verdictsOf } from './render.ts'
import { streamOf } from './say.ts'
import { createSilences } from './silence.ts'
import { appsOf, checkTargets, historyOf, nodesOf, releasesOf, replicasOf, statusOf } from './status.ts'
import { restartServices, rollbackApp, scaleApp } from './verbs.ts'
import { whyOf } from './why.ts'

export type * from './api.ts'

export const createEngine = (given: EngineDeps): Engine => {
  const deps: EngineDeps = { ...given, silences: createSilences(), catalog: readOnce(given.catalog) }
  const quiet = (): void => undefined
  return {
    find: (app, fleet, signal) => findApp(app, fleet, { deps, signal }),
    withLost: (subject, signal) => withLost(subject, { deps, signal }),
    plan: (project, request, signal) => planProject(project, request, { deps, say: quiet, signal }),
    deploy: (project, request, signal) =>
      streamOf(project.app.name, deps, signal, (say) => deployProject(project, request, { deps, say, signal })),
    render: (project, options, signal) => renderProject(project, options, { deps, signal }),
    verdicts: (project) => verdictsOf(project, deps),
    scale: (subject, request, signal) =>
      streamOf(subject.app, deps, signal, (say) => scaleApp(subject, request, { deps, say, signal })),
    restart: (subject, request, signal) =>
      streamOf(subject.app, deps, signal, (say) => restartServices(subject, request, { deps, say, signal })),
    rollback: (subject, request, signal) =>
      streamOf(subject.app, deps, signal, (say) => rollbackApp(subject, request, { deps, say, signal })),
    destroy: (subject, request, signal) =>
      streamOf(subject.app, deps, signal, (say) => destroyApp(subject, request, { deps, say, signal })),
    status: (subject, targets, signal) => statusOf({ subject, targets }, deps, signal),
    replicas: (subject, targets, signal) => replicasOf({ subject, targets }, deps, signal),
    releases: (subject, targets, signal) => releasesOf({ subject, targets }, deps, signal),
    history: (subject, targets, signal) => historyOf({ subject, targets }, deps, signal),
    apps: (fleet, signal) => appsOf(fleet, deps, signal),
    logs: (subject, request, signal) => logsOf({ subject, targets: request.targets }, request, deps, signal),
    exec: (subject, replica, argv, io, signal) =>
      execIn({ subject, targets: null }, { ...replica, argv, io }, deps, signal),
    metrics: (subject, targets, signal) => metricsOf({ subject, targets }, deps, signal),
    events: (subject, request, signal) => eventsOf({ subject, targets: request.targets }, request, deps, signal),
    why: (subject, { name, targets }, signal) => whyOf({ subject, targets }, name, deps, signal),
    drift: (subject, targets, signal) => driftOf({ subject, targets }, deps, signal),
    locks: (subject, targets, signal) => locksOf(subject, targets, { deps, signal }),
    checkTargets: (fleet, targets, signal) => checkTargets(fleet, targets, { deps, signal }),
    nodes: (fleet, targets, signal) => nodesOf(fleet, targets, { deps, signal }),
    pools: (fleet, targets, signal) => poolsOf(fleet, targets, { deps, signal }),
    createTargets: (fleet, request, signal) =>
      streamOf(fleet.name ?? '', deps, signal, (say) => createTargets(fleet, request, { deps, say, signal })),
    destroyTargets: (fleet, request, signal) =>
      streamOf(fleet.name ?? '', deps, signal, (say) => destroyTargets(fleet, request, { deps, say, signal })),
    gpuSearch: (fleet, query, signal) => searchFleetGpus(fleet, query, { deps, signal }),
    close: async () => undefined,
  }
}
