// The operations of Microsoft.ContainerService that the stand-in serves, as the SDK's own operation files address them; the
// test beside compares addresses and verbs with those files.
import { resultReply, statusReply } from '../lro.ts'
import type { ResourceTypes } from '../schema/load.ts'
import { any, integer, listOf, mapOf, type Node, object, required, string } from '../schema/types.ts'
import type { Operation } from '../server/calls.ts'
import type { Aks } from './aks.ts'
import { abort, putCluster, removeCluster, startCluster, stopCluster, updateTags } from './clusters.ts'
import { adminCredential, userCredential } from './credentials.ts'
import { deleteMachines, putPool, removePool, upgradeImage } from './pools.ts'
import { listVersions } from './versions.ts'
import * as views from './views.ts'

export const AKS_VERSION = '2026-06-01'

const SUBSCRIPTION = '/subscriptions/{subscription}'
const PROVIDER = 'providers/Microsoft.ContainerService'
const CLUSTERS = `${SUBSCRIPTION}/resourceGroups/{group}/${PROVIDER}/managedClusters`
const CLUSTER = `${CLUSTERS}/{cluster}`
const POOLS = `${CLUSTER}/agentPools`
const POOL = `${POOLS}/{pool}`
const LOCATION = `${SUBSCRIPTION}/${PROVIDER}/locations/{location}`

const TAGS = object('TagsObject', { tags: mapOf(string()) })
const MACHINE_NAMES = object('AgentPoolDeleteMachinesParameter', { machineNames: required(listOf(string())) })
const VERSIONS = object('KubernetesVersionListResult', {
  values: listOf(
    object('KubernetesVersion', {
      version: string(),
      isDefault: { $type: 'BooleanType' },
      isPreview: { $type: 'BooleanType' },
      capabilities: object('Capabilities', { supportPlan: listOf(string()) }),
      patchVersions: mapOf(object('KubernetesPatchVersion', { upgrades: listOf(string()) })),
    }),
  ),
})
const AVAILABLE = object('AgentPoolAvailableVersions', {
  ...{ id: string(), name: string(), type: string() },
  properties: required(
    object('AvailableVersions', {
      agentPoolVersions: listOf(
        object('AvailableVersion', {
          kubernetesVersion: string(),
          default: { $type: 'BooleanType' },
          isPreview: { $type: 'BooleanType' },
        }),
      ),
    }),
  ),
})
const STATUS = object('OperationStatus', {
  ...{ id: string(), name: string(), status: required(string()), startTime: string(), endTime: string() },
  ...{ percentComplete: integer(0, 100), error: any },
})

const list = (type: Node): Node => object('List', { value: required(listOf(type)), nextLink: string() })

type Draft = Omit<Operation, 'versions'>

export const aksOperations = (aks: Aks, types: ResourceTypes): readonly Operation[] =>
  [...clusterOperations(aks, types), ...poolOperations(aks, types), ...locationOperations(aks)].map((each) => ({
    ...each,
    versions: [AKS_VERSION],
  }))

const clusterOperations = (aks: Aks, types: ResourceTypes): readonly Draft[] => {
  const cluster = types.resource('Microsoft.ContainerService/managedClusters')
  const credentials = types.output('listClusterUserCredential')
  const upgrades = types.resource('Microsoft.ContainerService/managedClusters/upgradeProfiles')
  const none = { request: null, reply: null }
  const post = (name: string, action: string, handler: Draft['handler']): Draft => ({
    ...{ name: `managedClusters.${name}`, method: 'POST', path: `${CLUSTER}/${action}`, ...none },
    ...{ handler, bucket: 'others' },
  })
  return [
    {
      ...{ name: 'managedClusters.createOrUpdate', method: 'PUT', path: CLUSTER, request: cluster, reply: cluster },
      ...{ handler: (call) => putCluster(aks, call), bucket: 'putCluster' },
    },
    {
      ...{ name: 'managedClusters.get', method: 'GET', path: CLUSTER, request: null, reply: cluster },
      ...{ handler: (call) => views.getCluster(aks, call), bucket: 'getCluster' },
    },
    {
      ...{ name: 'managedClusters.updateTags', method: 'PATCH', path: CLUSTER, request: TAGS, reply: cluster },
      ...{ handler: (call) => updateTags(aks, call), bucket: 'others' },
    },
    {
      ...{ name: 'managedClusters.delete', method: 'DELETE', path: CLUSTER, ...none },
      ...{ handler: (call) => removeCluster(aks, call), bucket: 'others' },
    },
    {
      ...{ name: 'managedClusters.listByResourceGroup', method: 'GET', path: CLUSTERS, request: null },
      ...{ reply: list(cluster), handler: (call) => views.listClusters(aks, call), bucket: 'listByGroup' },
    },
    {
      ...{ name: 'managedClusters.list', method: 'GET', path: `${SUBSCRIPTION}/${PROVIDER}/managedClusters` },
      ...{ request: null, reply: list(cluster) },
      ...{ handler: (call) => views.listClusters(aks, call), bucket: 'listBySubscription' },
    },
    {
      ...{ name: 'managedClusters.getUpgradeProfile', method: 'GET', path: `${CLUSTER}/upgradeProfiles/default` },
      ...{ request: null, reply: upgrades, handler: (call) => views.clusterUpgrades(aks, call), bucket: 'others' },
    },
    post('start', 'start', (call) => startCluster(aks, call)),
    post('stop', 'stop', (call) => stopCluster(aks, call)),
    post('abortLatestOperation', 'abort', (call) => abort(aks, call)),
    {
      ...post('listClusterUserCredentials', 'listClusterUserCredential', (call) => userCredential(aks, call)),
      reply: credentials,
    },
    {
      ...post('listClusterAdminCredentials', 'listClusterAdminCredential', (call) => adminCredential(aks, call)),
      reply: credentials,
    },
  ]
}

const poolOperations = (aks: Aks, types: ResourceTypes): readonly Draft[] => {
  const pool = types.resource('Microsoft.ContainerService/managedClusters/agentPools')
  const upgrades = types.resource('Microsoft.ContainerService/managedClusters/agentPools/upgradeProfiles')
  const machine = types.resource('Microsoft.ContainerService/managedClusters/agentPools/machines')
  const read = (name: string, path: string, of: Pick<Draft, 'reply' | 'handler'>): Draft => ({
    ...{ name, method: 'GET', path, request: null, bucket: 'others', ...of },
  })
  return [
    {
      ...{ name: 'agentPools.createOrUpdate', method: 'PUT', path: POOL, request: pool, reply: pool },
      ...{ handler: (call) => putPool(aks, call), bucket: 'putPool' },
    },
    {
      ...{ name: 'agentPools.delete', method: 'DELETE', path: POOL, request: null, reply: null },
      ...{ handler: (call) => removePool(aks, call), bucket: 'others' },
    },
    {
      ...{ name: 'agentPools.upgradeNodeImageVersion', method: 'POST', path: `${POOL}/upgradeNodeImageVersion` },
      ...{ request: null, reply: pool, handler: (call) => upgradeImage(aks, call), bucket: 'others' },
    },
    {
      ...{ name: 'agentPools.deleteMachines', method: 'POST', path: `${POOL}/deleteMachines`, request: MACHINE_NAMES },
      ...{ reply: null, handler: (call) => deleteMachines(aks, call), bucket: 'others' },
    },
    {
      ...{ name: 'agentPools.abortLatestOperation', method: 'POST', path: `${POOL}/abort`, request: null, reply: null },
      ...{ handler: (call) => abort(aks, call), bucket: 'others' },
    },
    read('agentPools.get', POOL, { reply: pool, handler: (call) => views.getPool(aks, call) }),
    read('agentPools.list', POOLS, { reply: list(pool), handler: (call) => views.listPools(aks, call) }),
    read('agentPools.getUpgradeProfile', `${POOL}/upgradeProfiles/default`, {
      ...{ reply: upgrades, handler: (call) => views.poolUpgrades(aks, call) },
    }),
    read('agentPools.getAvailableAgentPoolVersions', `${CLUSTER}/availableAgentPoolVersions`, {
      ...{ reply: AVAILABLE, handler: (call) => views.availableVersions(aks, call) },
    }),
    read('machines.list', `${POOL}/machines`, {
      ...{ reply: list(machine), handler: (call) => views.listMachines(aks, call) },
    }),
    read('machines.get', `${POOL}/machines/{machine}`, {
      ...{ reply: machine, handler: (call) => views.getMachine(aks, call) },
    }),
  ]
}

const locationOperations = (aks: Aks): readonly Draft[] => [
  {
    ...{ name: 'managedClusters.listKubernetesVersions', method: 'GET', path: `${LOCATION}/kubernetesVersions` },
    ...{ request: null, reply: VERSIONS, handler: () => listVersions(aks.state), bucket: 'others' },
  },
]

/** Status addresses: their own version, their own bucket (per subscription). */
export const statusOperations = (aks: Aks): readonly Operation[] => {
  const at = {
    origin: '',
    retryAfterSeconds: aks.retryAfterSeconds,
    subscription: aks.state.subscription,
  }
  const versions = ['2018-07-31']
  return [
    {
      ...{ name: 'status.get', method: 'GET', path: `${LOCATION}/operations/{operation}`, versions, request: null },
      ...{ reply: STATUS, bucket: 'status', handler: (call) => statusReply(aks.state, call, aks.retryAfterSeconds) },
    },
    {
      ...{ name: 'status.getResult', method: 'GET', path: `${LOCATION}/operationresults/{operation}`, versions },
      ...{ request: null, reply: null, bucket: 'status' },
      handler: (call) => resultReply(aks.state, call, { ...at, mode: 'location', origin: aks.origin() }),
    },
  ]
}
