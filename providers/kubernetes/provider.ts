// Provider over the Kubernetes API. One client for each target, made at first use; nothing here decides what to do.
import type { Target } from '../../core/model/fleet.ts'
import type { Capabilities, Provider } from '../../core/ports.ts'
import { applyAction } from './apply.ts'
import { readApps } from './apps.ts'
import { readCapacity } from './capacity.ts'
import { checkCluster } from './check.ts'
import { type ClusterOptions, createClusters } from './cluster.ts'
import { confirmDrift } from './confirm-drift.ts'
import { readEvents } from './events.ts'
import { execIn } from './exec.ts'
import { assumedFacts } from './facts.ts'
import { withLastWords } from './last-words.ts'
import { takeLease } from './lease.ts'
import { readLogs } from './logs.ts'
import { readMetrics } from './metrics.ts'
import { observe } from './observe.ts'
import { rbac } from './rbac.ts'
import { createRecords } from './records.ts'
import { render } from './render/index.ts'
import { replaces } from './replaces.ts'
import { verdicts } from './verdicts/index.ts'
import { refusals } from './verdicts/refusals.ts'
import { watchApp } from './watch.ts'

export type KubernetesProviderOptions = ClusterOptions

const CAPABILITIES: Capabilities = {
  maxInFlight: 16,
  slots: false,
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
    autoscale: 'native',
    foreign: 'native',
    drift: 'native',
    partial: 'native',
    unreachable: 'native',
  },
}

export const createKubernetesProvider = (options: KubernetesProviderOptions): Provider => {
  const clusters = createClusters(options)
  return {
    kind: 'kubernetes',
    capabilities: CAPABILITIES,
    assumedFacts,
    refusals,
    verdicts,
    render,
    roles: (target, app, objects) => {
      const { role, clusterRole } = rbac(target, app, objects)
      return [role, clusterRole]
    },
    replaces,
    signIn: async (target) => clusters.of(target).signIn(),
    check: (target, signal) => checkCluster(clusters.of(target), signal),
    observe: async (target, app, signal) => observe(clusters.of(target), app, signal),
    capacity: async (target, signal) => readCapacity(clusters.of(target), signal),
    offerings: async (_target: Target) => [],
    confirmDrift: (target, app, objects, signal) => confirmDrift(clusters.of(target), { app, objects }, signal),
    apply: async (target, action, context) => applyAction(clusters.of(target), action, context),
    watch: (target, app, signal) => {
      const cluster = clusters.of(target)
      return withLastWords(cluster, { app, deltas: watchApp(cluster, app, signal) }, signal)
    },
    logs: (target, query, signal) => readLogs(clusters.of(target), query, signal),
    events: (target, query, signal) => readEvents(clusters.of(target), query, signal),
    exec: async (target, app, replica, argv, io, signal) =>
      execIn(clusters.of(target), { app, replica, argv, io }, signal),
    metrics: async (target, app, signal) => readMetrics(clusters.of(target), app, signal),
    records: (target, app) => createRecords(clusters.of(target), app),
    apps: async (target, signal) => readApps(clusters.of(target), signal),
    lease: async (target, app, holder, ttlMs) => takeLease(clusters.of(target), { app, holder, ttlMs }),
    close: async () => clusters.close(),
  }
}
