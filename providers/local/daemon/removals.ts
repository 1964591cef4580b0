// Finishes what was told to go: networks, volumes and files leave when no replica and no spec that may come back uses
// them. Only what we made is removed from an engine.
import { isStormportError } from '../../../core/errors.ts'
import type { WorkBody } from '../spec.ts'
import type { Kit } from './kit.ts'
import type { StoredObject } from './objects.ts'

const AGAIN_MS = 2_000

export interface Removals {
  /** Something may have come free. */
  look(): void
}

export const createRemovals = (kit: Kit): Removals => {
  const busy = new Set<string>()
  let planned = false

  const remove = async (object: StoredObject, id: string): Promise<void> => {
    busy.add(id)
    try {
      await removeFromNodes(object, kit)
      if (kit.ledger.object(object)?.removing) kit.ledger.write({ dropObjects: [object] })
      kit.claims.release()
    } catch (error) {
      if (kit.signal.aborted) return
      const trouble = isStormportError(error) ? error.message : 'it could not be removed'
      kit.ledger.write({ objects: [{ ...object, trouble }] })
      kit.clock.at(kit.clock.now() + AGAIN_MS, look)
    } finally {
      busy.delete(id)
    }
  }
  const pass = (): void => {
    planned = false
    for (const object of kit.ledger.objects()) {
      const id = `${object.target}/${object.app}/${object.id}`
      if (object.removing && object.service === null && !busy.has(id) && !isUsed(object, kit)) void remove(object, id)
    }
  }
  const look = (): void => {
    if (planned || kit.signal.aborted) return
    planned = true
    queueMicrotask(pass)
  }
  return { look }
}

const isUsed = (object: StoredObject, kit: Kit): boolean => {
  const bodies = [
    ...kit.ledger
      .allocs()
      .filter((a) => a.target === object.target && a.app === object.app)
      .map((a) => a.spec.body),
    ...kit.ledger.worksOf(object).flatMap((w) => [w.spec?.body, w.spec === null ? undefined : w.stable?.body]),
  ]
  return bodies.some((body) => body !== undefined && refersTo(body, object.id))
}

export const refersTo = ({ container }: WorkBody, id: string): boolean =>
  container.networks.some((n) => `network/${n.name}` === id) ||
  container.files.some((f) => f.object === id) ||
  container.mounts.some((m) => m.kind === 'volume' && `volume/${m.name}` === id)

const removeFromNodes = async (object: StoredObject, kit: Kit): Promise<void> => {
  for (const [name, ours] of Object.entries(object.nodes)) {
    const driver = kit.nodes.node(object.target, name)?.engine.driver
    if (!ours || driver === undefined) continue
    if (object.kind === 'network') await driver.removeNetwork(object.name, kit.signal)
    if (object.kind === 'volume') await driver.removeVolume(object.name, kit.signal)
  }
}
