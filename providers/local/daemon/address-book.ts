// Where the proxy reaches a replica: asked of the driver once, when the replica becomes ready, and kept for its life.
import type { Alloc } from './model.ts'
import type { NodePool } from './nodes.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

export interface AddressBook {
  resolve(alloc: Alloc, signal: AbortSignal): Promise<void>
  find(alloc: Alloc, containerPort: number): Address | null
  drop(id: string): void
}

export const createAddressBook = (nodes: NodePool): AddressBook => {
  const known = new Map<string, ReadonlyMap<number, Address>>()
  return {
    resolve: async (alloc, signal) => {
      const driver = nodes.node(alloc.target, alloc.node)?.engine.driver
      if (driver === undefined) return
      const ports = [...new Set(alloc.spec.body.ports.map((p) => p.target))]
      const found = await Promise.all(
        ports.map(async (port) => [port, await driver.address(alloc.id, port, signal)] as const),
      )
      known.set(
        alloc.id,
        new Map(found.flatMap(([port, address]) => (address === null ? [] : [[port, address] as const]))),
      )
    },
    find: (alloc, containerPort) => known.get(alloc.id)?.get(containerPort) ?? null,
    drop: (id) => void known.delete(id),
  }
}
