// How things of ours are called in an account, and the tags by which they are ours. Names follow from the file alone, so
// that a run that was cut off finds what it made.
import { contentHash } from '../../../core/model/canonical.ts'
import { type Owner, ownedName } from '../../../core/model/infra-owner.ts'

export const FLEET_TAG = 'stormport.dev/fleet'
export const TARGET_TAG = 'stormport.dev/target'
export const HASH_TAG = 'stormport.dev/hash'
/** What EC2 makes has ids alone: this is the name that it has in the file's plan. */
export const NAME_TAG = 'stormport.dev/name'
export const POOL_TAG = 'stormport.dev/pool'

export const ownTags = ({ fleet, target }: Owner, hash: string): Readonly<Record<string, string>> => ({
  [FLEET_TAG]: fleet,
  [TARGET_TAG]: target,
  [HASH_TAG]: hash,
})

/** Of something that takes several calls: ours, and not finished until the hash stands there too. */
export const unfinishedTags = ({ fleet, target }: Owner): Readonly<Record<string, string>> => ({
  [FLEET_TAG]: fleet,
  [TARGET_TAG]: target,
})

export const isOurs = (tags: Readonly<Record<string, string>> | undefined, owner: Owner): boolean =>
  owner.fleet !== '' && tags?.[FLEET_TAG] === owner.fleet && tags[TARGET_TAG] === owner.target

const ROLE_LONGEST = 64
const GROUP_LONGEST = 63

export const roleName = (owner: Owner, purpose: 'cluster' | 'node' | 'pod'): string =>
  ownedName(['stormport', owner.fleet, owner.target, purpose], ROLE_LONGEST)

/** What cannot change in place is in the name: a changed pool is another group, made beside the old one. */
export const groupName = (pool: string, capacityType: string, immutable: unknown): string => {
  const way = capacityType === 'spot' ? 'spot' : 'od'
  return `${ownedName([pool, way], GROUP_LONGEST - 7)}-${contentHash(immutable).slice(0, 6)}`
}
