// `daemon stop --all`: every replica is stopped and every published port closed, but nothing is forgotten: the next
// daemon finds the same wanted state and starts the work again.
import type { ControlPlane } from './control-plane.ts'
import { isAhead, isLive } from './model.ts'

export const stopAll = async (plane: ControlPlane, signal: AbortSignal): Promise<void> => {
  await plane.halt()
  const running = plane.ledger.allocs().filter((a) => a.state === 'running' || isLive(a) || isAhead(a))
  await Promise.allSettled(
    running.map(async (alloc) => {
      const driver = plane.nodes.node(alloc.target, alloc.node)?.engine.driver
      if (driver === undefined) return
      await driver.stop(alloc.id, alloc.spec.body.stop, signal)
      await driver.remove(alloc.id, signal)
      plane.ledger.write({ dropAllocs: [alloc.id] })
    }),
  )
  await plane.proxy.stop(signal)
}
