// The parts of metadata that everything here reads.
import { field, type RawObject, textAt } from '../raw.ts'

export const nameIn = (object: RawObject): string => textAt(object, 'metadata.name') ?? ''

export const uidOf = (object: RawObject): string => textAt(object, 'metadata.uid') ?? ''

export const versionOf = (object: RawObject): string => textAt(object, 'metadata.resourceVersion') ?? ''

export const isGoing = (object: RawObject): boolean => textAt(object, 'metadata.deletionTimestamp') !== null

export const labelOf = (object: RawObject, label: string): string | null => entry(object, 'metadata.labels', label)

export const annotationOf = (object: RawObject, key: string): string | null =>
  entry(object, 'metadata.annotations', key)

/** Label keys hold dots, so that they are no path. */
const entry = (object: RawObject, path: string, key: string): string | null => {
  const map = field(object, path)
  const value: unknown = typeof map === 'object' && map !== null ? Reflect.get(map, key) : undefined
  return typeof value === 'string' ? value : null
}
