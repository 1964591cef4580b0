// Whose a thing in a cloud is, and how it is called: both follow from the file alone, so that a run that was cut off finds
// what it made.
import { contentHash } from './canonical.ts'
import type { Fleet, Target } from './fleet.ts'

export interface Owner {
  readonly fleet: string
  readonly target: string
}

export const ownerOf = (fleet: Fleet, target: Target): Owner => ({ fleet: fleet.name ?? '', target: target.name })

/** At most `longest` characters; what is cut is told apart by a hash of the whole. */
export const ownedName = (parts: readonly string[], longest: number): string => {
  const full = parts.join('-').replaceAll(/[^A-Za-z0-9-]+/g, '-')
  if (full.length <= longest) return full
  return `${full.slice(0, longest - 7).replace(/-+$/, '')}-${contentHash(parts.join('\0')).slice(0, 6)}`
}
