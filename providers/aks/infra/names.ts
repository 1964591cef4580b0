// How things of ours are called in a subscription, and the tags by which they are ours. Names follow from the file alone, so
// that a run that was cut off finds what it made. Azure refuses `/` in the names of tags: `-` stands in its place.
import { contentHash } from '../../../core/model/canonical.ts'
import { type Owner, ownedName } from '../../../core/model/infra-owner.ts'

export const FLEET_TAG = 'stormport.dev-fleet'
export const TARGET_TAG = 'stormport.dev-target'
export const HASH_TAG = 'stormport.dev-hash'
export const PROTECT_TAG = 'stormport.dev-protect'
/** A label of nodes, where `/` is fine. */
export const POOL_LABEL = 'stormport.dev/pool'

export type Tags = Readonly<Record<string, string>>

export const ownTags = ({ fleet, target }: Owner, hash: string): Record<string, string> => ({
  [FLEET_TAG]: fleet,
  [TARGET_TAG]: target,
  [HASH_TAG]: hash,
})

/** Azure keeps the case of tag names, and does not tell names apart by it. */
export const tagOf = (tags: Tags | undefined, name: string): string | undefined =>
  Object.entries(tags ?? {}).find(([key]) => key.toLowerCase() === name)?.[1]

export const isOurs = (tags: Tags | undefined, owner: Owner): boolean =>
  owner.fleet !== '' && tagOf(tags, FLEET_TAG) === owner.fleet && tagOf(tags, TARGET_TAG) === owner.target

const IDENTITY_LONGEST = 128
const DNS_LONGEST = 54

export const identityName = ({ fleet, target }: Owner): string =>
  ownedName(['stormport', fleet, target, 'cluster'], IDENTITY_LONGEST)

export const dnsPrefix = ({ fleet, target }: Owner, cluster: string): string =>
  ownedName([cluster, contentHash([fleet, target]).slice(0, 6)], DNS_LONGEST).replace(/^[^A-Za-z0-9]+/, '')

/** What cannot change in place is in the name: a changed pool is another one, made beside the old one. At most 12 letters. */
export const poolName = (pool: string, way: 'spot' | 'on-demand' | 'system', immutable: unknown): string => {
  const letters = pool.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
  const front = /^[a-z]/.test(letters) ? letters : `p${letters}`
  const kind = { spot: 's', 'on-demand': 'd', system: 'y' }[way]
  return `${front.slice(0, 5)}${kind}${contentHash(immutable).slice(0, 6)}`
}

export interface Grant {
  readonly scope: string
  /** Id of the role's definition, a UUID. */
  readonly role: string
  /** Who gets it, in words that follow from the file: 'kubelet', an object id. */
  readonly label: string
}

/** Assignments carry no tags and are named by UUIDs: the name says whose it is. */
export const assignmentName = (owner: Owner, { scope, role, label }: Grant): string => {
  const hex = contentHash([owner.fleet, owner.target, scope.toLowerCase(), role.toLowerCase(), label])
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-')
}
