// The targets that this daemon serves: their nodes are opened when a request names them, and again after a restart. The
// driver is chosen once and kept while an app lives there: an engine that is down is no reason to run something else.
import { canonicalJson } from '../../../core/model/canonical.ts'
import { engineAnswers } from '../engine-probe.ts'
import type { TargetRef } from '../protocol.ts'
import type { Ledger } from './ledger.ts'
import type { NodePool } from './nodes.ts'
import type { StoredTarget } from './store.ts'

export interface Targets {
  open(ref: TargetRef, signal: AbortSignal): Promise<StoredTarget>
  /** What the store knows, at start. */
  reopen(signal: AbortSignal): Promise<void>
}

export const createTargets = (ledger: Ledger, nodes: NodePool): Targets => {
  const opened = new Map<string, { readonly key: string; readonly target: Promise<StoredTarget> }>()

  const isInUse = (name: string): boolean =>
    ledger.objects().some((o) => o.target === name) || ledger.allocs().some((a) => a.target === name)

  /** No engine answered, and nothing runs yet: one may have been started since. */
  const mayChange = ({ ref, driver }: StoredTarget): boolean =>
    ref.local.driver === null && driver === 'process' && !isInUse(ref.name)

  const openNow = async (
    ref: TargetRef,
    kept: StoredTarget | undefined,
    signal: AbortSignal,
  ): Promise<StoredTarget> => {
    const used = isInUse(ref.name)
    const driver =
      ref.local.driver ??
      (used && kept !== undefined ? kept.driver : (await engineAnswers(ref.engineHost, signal)) ? 'docker' : 'process')
    // With work on an engine, another DOCKER_HOST of some later command does not move the target.
    const settled: TargetRef =
      used && kept !== undefined && ref.local.nodes.length === 0 ? { ...ref, engineHost: kept.ref.engineHost } : ref
    const target: StoredTarget = { ref: settled, driver }
    await nodes.open(settled, driver, signal)
    if (canonicalJson(kept) !== canonicalJson(target)) ledger.store.putTarget(target)
    return target
  }
  return {
    open: async (ref, signal) => {
      const key = canonicalJson(ref)
      const found = opened.get(ref.name)
      if (found?.key === key) {
        const target = await found.target
        if (!mayChange(target)) return target
      }
      const kept = ledger.store.targets().find((t) => t.ref.name === ref.name)
      const target = openNow(ref, kept, signal)
      opened.set(ref.name, { key, target })
      target.catch(() => opened.delete(ref.name))
      return target
    },
    reopen: async (signal) => {
      await Promise.allSettled(ledger.store.targets().map((t) => nodes.open(t.ref, t.driver, signal)))
    },
  }
}
