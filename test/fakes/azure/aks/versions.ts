// Kubernetes versions: which are served, how far an upgrade may go, how far pools may lie behind (supported-kubernetes-versions).
import { fault } from '../faults.ts'
import type { Reply } from '../server/calls.ts'
import type { AzureState, ClusterProps } from '../state.ts'

/** Served in November 2026 (aks.md section 2); the patches are the stand-in's own. */
export const DEFAULT_VERSIONS: AzureState['versions'] = {
  '1.34': ['1.34.6', '1.34.8'],
  '1.35': ['1.35.4', '1.35.5'],
  '1.36': ['1.36.1', '1.36.2'],
  '1.37': ['1.37.0'],
}

const DEFAULT_MINOR = '1.35'

export const minorOf = (version: string): number => Number(version.split('.')[1] ?? 0)

/** '1.36' → '1.36.2'; '' and undefined → the fallback. */
export const resolveVersion = (state: AzureState, wanted: string | undefined, fallback: string): string => {
  if (wanted === undefined || wanted === '') return fallback
  const minor = wanted.split('.').slice(0, 2).join('.')
  const patches = state.versions[minor] ?? []
  const found = wanted === minor ? patches.at(-1) : patches.find((patch) => patch === wanted)
  if (found !== undefined) return found
  if (!state.rules.holds('versionServed')) return wanted
  const words = `Version ${wanted} is not supported in this region. Please use [az aks get-versions] command to get the supported version list.`
  throw fault(400, ['K8sVersionNotSupported', words])
}

export const defaultVersion = (state: AzureState): string =>
  state.versions[DEFAULT_MINOR]?.at(-1) ?? Object.values(state.versions).flat().at(-1) ?? '1.35.5'

/** One minor at a time, never down (upgrade-aks-cluster). */
export const checkUpgrade = (state: AzureState, from: string, to: string): void => {
  if (!state.rules.holds('oneMinor')) return
  const step = minorOf(to) - minorOf(from)
  if (step > 1) {
    const words = `Upgrading Kubernetes version ${from} to ${to} is not allowed. Available upgrades: ${upgradesOf(state, from).join(', ')}.`
    throw fault(400, ['OperationNotAllowed', words])
  }
  if (step < 0)
    throw fault(400, ['OperationNotAllowed', `Downgrading Kubernetes version ${from} to ${to} is not allowed.`])
}

/** A pool is at most its cluster's version, and at most two minors behind (type of orchestratorVersion). */
export const checkSkew = (state: AzureState, pool: string, cluster: string): void => {
  if (!state.rules.holds('versionSkew')) return
  const behind = minorOf(cluster) - minorOf(pool)
  if (behind >= 0 && behind <= 2) return
  const words = `Node pool version ${pool} and control plane version ${cluster} are incompatible. Minor version of node pool cannot be bigger than control plane version, and no more than two behind.`
  throw fault(400, ['NodePoolMcVersionIncompatible', words])
}

export const upgradesOf = (state: AzureState, from: string): readonly string[] =>
  Object.entries(state.versions)
    .filter(([minor]) => minorOf(minor) === minorOf(from) || minorOf(minor) === minorOf(from) + 1)
    .flatMap(([, patches]) => patches)
    .filter((patch) => later(patch, from))

const later = (a: string, b: string): boolean => a.localeCompare(b, 'en', { numeric: true }) > 0

export const listVersions = (state: AzureState): Reply => ({
  status: 200,
  body: {
    values: Object.entries(state.versions).map(([version, patches]) => ({
      version,
      ...(version === DEFAULT_MINOR ? { isDefault: true } : {}),
      capabilities: { supportPlan: ['KubernetesOfficial'] },
      patchVersions: Object.fromEntries(patches.map((patch) => [patch, { upgrades: upgradesOf(state, patch) }])),
    })),
  },
})

export const versionOf = (props: ClusterProps): string =>
  props.currentKubernetesVersion ?? props.kubernetesVersion ?? ''
