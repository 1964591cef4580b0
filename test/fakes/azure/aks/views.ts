// Reads of clusters and pools: bodies, lists, machines and what they may be upgraded to.
import { fault } from '../faults.ts'
import type { Call, Reply } from '../server/calls.ts'
import type { ClusterRecord, PoolRecord } from '../state.ts'
import { type Aks, checkGroup, clusterOf } from './aks.ts'
import { clusterBody } from './clusters.ts'
import { LATEST_IMAGE, poolBody, poolOf } from './pools.ts'
import { minorOf, upgradesOf, versionOf } from './versions.ts'

export const getCluster = (aks: Aks, call: Call): Reply => ok(clusterBody(clusterOf(aks, call)))

export const listClusters = (aks: Aks, { at }: Call): Reply => {
  const { state } = aks
  if (at.group !== undefined) checkGroup(state, at.group)
  const all = [...state.clusters.values()].filter(
    (each) => at.group === undefined || state.key(each.group) === state.key(at.group),
  )
  return ok({ value: all.map(clusterBody) })
}

export const getPool = (aks: Aks, call: Call): Reply => ok(poolBody(poolOf(aks, call).pool))

export const listPools = (aks: Aks, call: Call): Reply =>
  ok({ value: [...clusterOf(aks, call).pools.values()].map(poolBody) })

export const clusterUpgrades = (aks: Aks, call: Call): Reply => {
  const record = clusterOf(aks, call)
  const version = versionOf(record.props)
  return ok({
    id: `${record.id}/upgradeprofiles/default`,
    name: 'default',
    type: 'Microsoft.ContainerService/managedClusters/upgradeProfiles',
    properties: {
      controlPlaneProfile: { kubernetesVersion: version, osType: 'Linux', upgrades: upgrades(aks, version) },
      agentPoolProfiles: [...record.pools.values()].map((pool) => ({
        name: pool.name,
        ...poolVersions(aks, record, pool),
      })),
    },
  })
}

export const poolUpgrades = (aks: Aks, call: Call): Reply => {
  const { cluster, pool } = poolOf(aks, call)
  return ok({
    id: `${pool.id}/upgradeProfiles/default`,
    name: 'default',
    type: 'Microsoft.ContainerService/managedClusters/agentPools/upgradeProfiles',
    properties: { ...poolVersions(aks, cluster, pool), latestNodeImageVersion: LATEST_IMAGE },
  })
}

const poolVersions = (aks: Aks, { props }: ClusterRecord, pool: PoolRecord) => {
  const version = pool.props.currentOrchestratorVersion ?? ''
  const within = upgradesOf(aks.state, version).filter((each) => minorOf(each) <= minorOf(versionOf(props)))
  return {
    kubernetesVersion: version,
    osType: pool.props.osType ?? 'Linux',
    upgrades: within.map((kubernetesVersion) => ({ kubernetesVersion })),
  }
}

const upgrades = (aks: Aks, version: string) =>
  upgradesOf(aks.state, version).map((kubernetesVersion) => ({ kubernetesVersion }))

export const availableVersions = (aks: Aks, call: Call): Reply => {
  const record = clusterOf(aks, call)
  const control = minorOf(versionOf(record.props))
  const within = Object.values(aks.state.versions)
    .flat()
    .filter((version) => minorOf(version) <= control && minorOf(version) >= control - 2)
  return ok({
    id: `${record.id}/availableagentpoolversions`,
    name: 'default',
    type: 'Microsoft.ContainerService/managedClusters/availableAgentpoolVersions',
    properties: {
      agentPoolVersions: within.map((kubernetesVersion, i) => ({
        kubernetesVersion,
        ...(i === within.length - 1 ? { default: true } : {}),
      })),
    },
  })
}

export const listMachines = (aks: Aks, call: Call): Reply => {
  const { cluster, pool } = poolOf(aks, call)
  return ok({ value: pool.machines.map((_, i) => machine(aks, cluster, { pool, i })) })
}

export const getMachine = (aks: Aks, call: Call): Reply => {
  const { cluster, pool } = poolOf(aks, call)
  const i = pool.machines.indexOf(call.at.machine ?? '')
  if (i < 0) throw fault(404, ['NotFound', `Could not find machine ${call.at.machine} in ${pool.name}.`])
  return ok(machine(aks, cluster, { pool, i }))
}

interface Place {
  readonly pool: PoolRecord
  readonly i: number
}

const machine = ({ state }: Aks, { props }: ClusterRecord, { pool, i }: Place) => {
  const name = pool.machines[i] ?? ''
  const zone = zoneOf(pool, i)
  return {
    id: `${pool.id}/machines/${name}`,
    name,
    type: 'Microsoft.ContainerService/managedClusters/agentPools/machines',
    properties: {
      network: { ipAddresses: [{ family: 'IPv4', ip: `10.224.0.${i + 4}` }] },
      resourceId: `/subscriptions/${state.subscription}/resourceGroups/${props.nodeResourceGroup}/providers/Microsoft.Compute/virtualMachineScaleSets/aks-${pool.name}-12345678-vmss/virtualMachines/${i}`,
    },
    ...(zone === null ? {} : { zones: [zone] }),
  }
}

export const zoneOf = ({ props }: PoolRecord, i: number): string | null => {
  const zones = props.availabilityZones ?? []
  return zones[i % Math.max(1, zones.length)] ?? null
}

export const ok = (body: unknown): Reply => ({ status: 200, body })
