// Semantic rules of the stand-in beyond the schema, each of which a test can switch off: a rule that no test misses proves
// nothing. The source of each stands beside the code that holds it.
import { createRules as createShared, type Rules as SharedRules } from '../rules.ts'

export const RULES = {
  names: 'names of clusters, DNS prefixes and pools keep to their patterns; a Windows pool has at most six letters',
  systemPoolAtCreate: 'a cluster is made with at least one system pool, whose mode is said',
  countBounds: 'min and max go with autoscaling only, and 0 <= min <= max <= 1000 (system pools: min 1)',
  countAtCreate: 'a pool is made with a count between its min and max',
  manualScale: 'the count of an autoscaled pool is not changed by hand',
  minOverCount: 'the min of a pool is not raised above its present count',
  spotFields: 'eviction and price go with Spot only; price is -1 or positive; no surge on Spot',
  systemPoolKind: 'system pools run Linux, are not Spot, and have machines of at least 2 vCPU that do not burst',
  spotMarks: 'a Spot pool gets its label and its taint from the service',
  immutable: 'fields that are fixed at creation are not changed',
  oneOperation: 'one operation of a cluster at a time',
  eTags: 'If-Match and If-None-Match are held',
  lastSystemPool: 'the last system pool is not deleted and keeps its mode',
  versionServed: 'versions that the region does not serve are refused',
  versionSkew: 'a pool is not newer than its cluster, and not older by more than two minors',
  versionsEqual: 'pools of a new cluster have its version',
  oneMinor: 'a cluster goes up one minor at a time and never down',
  stopped: 'a stopped cluster can be started and deleted, no more; one with node auto provisioning is not stopped',
  groupExists: 'what lies in a resource group needs the group',
  caseless: 'ids are the same in any case',
  throttling: 'requests beyond their bucket are refused with 429',
  localAccounts: 'no administrator credential where local accounts are off',
  provisioningNeeds: 'node auto provisioning needs ipFamilies, and no pool that scales itself',
  networkRanges: 'pod and service ranges stay off the networks that the service keeps for itself',
  identityNeeds: 'workload identity needs the OIDC issuer; a custom subnet needs an identity of its own',
  ownLabels: 'labels of kubernetes.azure.com and kubernetes.io are not set by pools',
  sizeServed: 'machine sizes that the region does not have are refused',
  zoneServed: 'zones that a size does not have are refused',
  quota: 'cores beyond the quota of their family fail the operation',
  migSizes: 'a GPU is cut only where the machine allows it',
  poolsByOwnCalls: 'a pool is not added by a change of its cluster',
  pdbBlocks: 'an upgrade is refused while a disruption budget in the cluster allows nothing',
  poolLimit: 'a cluster has at most 100 pools',
  providerRegistered: 'a provider that is not registered refuses to make anything',
  locks: 'a lock on a group forbids to delete what lies in it',
  assignmentExists: 'a second assignment of the same role, principal and scope is refused with 409',
  principalLag: 'a new identity is not found by role assignments for a while, unless the kind of principal is said',
  tagNames: 'tag names carry none of <>%&\\?/ and keep to their lengths',
  federation: 'a federated credential needs its identity, an issuer and subject that no other has',
  devicePlugin: 'a GPU node offers its GPUs only while a device plugin is in the cluster',
} as const

export type Rule = keyof typeof RULES

export type Rules = SharedRules<Rule>

export const createRules = (): Rules => createShared<Rule>()
