// The catalogue of each cloud, read once by an engine: it is big, and every look at a cloud target asks for it.
import type { Catalog, Cloud } from '../../catalog/types.ts'

export type Catalogs = (cloud: Cloud) => Promise<Catalog>

export const readOnce = (read: Catalogs = embedded): Catalogs => {
  const held = new Map<Cloud, Promise<Catalog>>()
  return (cloud) => {
    const known = held.get(cloud)
    if (known !== undefined) return known
    const reading = read(cloud)
    held.set(cloud, reading)
    return reading
  }
}

const embedded: Catalogs = async (cloud) => (await import('../../catalog/embedded.ts')).embeddedCatalog(cloud)
