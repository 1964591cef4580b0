// Networks and volumes by Compose's names. What exists under a name is used; only what carries our owner mark is removed.
import { StormportError } from '../../../../core/errors.ts'
import type { NetworkBody, VolumeBody } from '../../spec.ts'
import type { NetworkInspect, VolumeInspect } from './api.ts'
import { atLeast, type EngineClient } from './client.ts'
import { compact, type Json } from './container.ts'
import { hasCode } from './errors.ts'
import { networkLabels, OWNER, volumeLabels } from './labels.ts'

export interface Ensured {
  readonly existed: boolean
  readonly native: string
}

export interface Shared {
  ensureNetwork(network: NetworkBody, signal: AbortSignal): Promise<Ensured>
  removeNetwork(name: string, signal: AbortSignal): Promise<void>
  ensureVolume(volume: VolumeBody, signal: AbortSignal): Promise<Ensured>
  removeVolume(name: string, signal: AbortSignal): Promise<void>
}

export const createShared = (client: EngineClient, owner: string): Shared => {
  const notOurs = (found: NetworkInspect | VolumeInspect): boolean => found.Labels?.[OWNER] !== owner
  return {
    ensureNetwork: async (network, signal) => {
      const found = await findNetwork(client, network.name, signal)
      if (found !== null) return { existed: notOurs(found), native: found.Id }
      if (network.external) throw missing('network', network.name)
      const json = networkBody(network, owner, await client.version(signal))
      const operation = `create the network ${network.name}`
      try {
        const made = await client.json<{ Id: string }>(
          { method: 'POST', path: '/networks/create', json, operation },
          signal,
        )
        return { existed: false, native: made.Id }
      } catch (error) {
        const raced = hasCode(error, 'Conflict') ? await findNetwork(client, network.name, signal) : null
        if (raced === null) throw error
        return { existed: notOurs(raced), native: raced.Id }
      }
    },
    removeNetwork: async (name, signal) => {
      const found = await findNetwork(client, name, signal)
      if (found === null || notOurs(found)) return
      await gone(
        client.json(
          { method: 'DELETE', path: `/networks/${found.Id}`, operation: `remove the network ${name}` },
          signal,
        ),
      )
    },
    ensureVolume: async (volume, signal) => {
      const found = await findVolume(client, volume.name, signal)
      if (found !== null) return { existed: notOurs(found), native: found.Name }
      if (volume.external) throw missing('volume', volume.name)
      const json = volumeBody(volume, owner)
      const operation = `create the volume ${volume.name}`
      // The engine answers with the volume of that name that is there; its labels tell whose it is.
      const made = await client.json<VolumeInspect>(
        { method: 'POST', path: '/volumes/create', json, operation },
        signal,
      )
      return { existed: notOurs(made), native: made.Name }
    },
    removeVolume: async (name, signal) => {
      const found = await findVolume(client, name, signal)
      if (found === null || notOurs(found)) return
      const path = `/volumes/${encodeURIComponent(name)}`
      await gone(client.json({ method: 'DELETE', path, operation: `remove the volume ${name}` }, signal))
    },
  }
}

/** Names that merely start like an id also match the engine's look-up. */
export const findNetwork = async (
  client: EngineClient,
  name: string,
  signal: AbortSignal,
): Promise<NetworkInspect | null> => {
  const filters = JSON.stringify({ name: [`^${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`] })
  const found = await client.json<readonly NetworkInspect[]>(
    { method: 'GET', path: '/networks', query: { filters }, operation: 'list networks' },
    signal,
  )
  return found.find((network) => network.Name === name) ?? null
}

export const findVolume = async (
  client: EngineClient,
  name: string,
  signal: AbortSignal,
): Promise<VolumeInspect | null> => {
  try {
    return await client.json(
      { method: 'GET', path: `/volumes/${encodeURIComponent(name)}`, operation: `inspect the volume ${name}` },
      signal,
    )
  } catch (error) {
    if (hasCode(error, 'NotFound')) return null
    throw error
  }
}

const networkBody = (network: NetworkBody, owner: string, apiVersion: string): Json => {
  const { compose } = network
  return compact({
    Name: network.name,
    // Newer engines always check and no longer know the field.
    CheckDuplicate: atLeast(apiVersion, '1.44') ? undefined : true,
    Driver: compose.driver,
    Options: compose.driver_opts,
    Internal: network.internal,
    Attachable: compose.attachable,
    EnableIPv6: compose.enable_ipv6,
    EnableIPv4: atLeast(apiVersion, '1.47') ? compose['enable_ipv4'] : undefined,
    IPAM: ipam(compose.ipam),
    Labels: { ...compose.labels, ...networkLabels(network.app, network.key, owner) },
  })
}

const volumeBody = ({ name, app, compose }: VolumeBody, owner: string): Json =>
  compact({
    Name: name,
    Driver: compose.driver,
    DriverOpts: compose.driver_opts,
    Labels: { ...compose.labels, ...volumeLabels(app, owner) },
  })

const ipam = (stated: Record<string, unknown> | undefined): Json | undefined => {
  if (stated === undefined || Object.keys(stated).length === 0) return undefined
  const config = (stated['config'] ?? []) as readonly Json[]
  return compact({
    Driver: stated['driver'] ?? 'default',
    Options: stated['options'],
    Config: config.map((pool) =>
      compact({
        Subnet: pool['subnet'],
        IPRange: pool['ip_range'],
        Gateway: pool['gateway'],
        AuxiliaryAddresses: pool['aux_addresses'],
      }),
    ),
  })
}

const missing = (kind: 'network' | 'volume', name: string): StormportError =>
  new StormportError('Unplaceable', `The external ${kind} ${name} does not exist on the engine.`, {
    diagnostic: 'SP4117',
    hint: `Create it with: docker ${kind} create ${name}`,
    source: 'user',
  })

const gone = async (removal: Promise<unknown>): Promise<void> => {
  try {
    await removal
  } catch (error) {
    if (!hasCode(error, 'NotFound')) throw error
  }
}
