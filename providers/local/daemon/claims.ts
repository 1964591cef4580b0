// One owner an engine: before the first change we put our mark on it, and with the last thing of ours we take it away. A
// project that Docker Compose runs under the same name is left alone.
import { hostname, userInfo } from 'node:os'
import { StormportError } from '../../../core/errors.ts'
import { isAlive, readBootId, startTicksOf } from '../processes.ts'
import type { Kit } from './kit.ts'
import type { EngineNode } from './nodes.ts'
import type { AppKey } from './store.ts'

interface Holder {
  readonly by: string
  readonly bootId: string
  readonly pid: number
  readonly startTicks: string
}

export interface Claims {
  /** Throws 'Foreign' (exit 9) when somebody else's daemon, or Docker Compose, holds what we would change. */
  beforeChange(key: AppKey, signal: AbortSignal): Promise<void>
  /** Gives back the engines that hold nothing of ours any more. */
  release(): void
}

export const createClaims = (kit: Kit): Claims => {
  const held = new Set<string>()
  const holder: Holder = {
    by: `${userInfo().username}@${hostname()}`,
    bootId: readBootId(),
    pid: process.pid,
    startTicks: startTicksOf(process.pid) ?? '',
  }
  return {
    beforeChange: async (key, signal) => {
      const engines = kit.nodes.nodesOf(key.target).map((n) => n.engine)
      const isNew = kit.ledger.objectsOf(key).length === 0
      for (const engine of engines.filter((e) => e.reachable())) {
        if (isNew) await refuseCompose(key, engine, signal)
        if (held.has(engine.key) || engine.driver.claim === undefined) continue
        await engine.driver.claim(
          {
            holder: JSON.stringify(holder),
            isAlive: async (other) => holderLives(other.holder),
            inWords: holderInWords,
          },
          signal,
        )
        held.add(engine.key)
      }
    },
    release: () => {
      for (const engine of kit.nodes.engines()) {
        if (!held.has(engine.key) || isUsed(engine, kit)) continue
        held.delete(engine.key)
        engine.driver.unclaim?.(kit.signal).catch((error: unknown) => {
          if (!kit.signal.aborted) kit.log(`${engine.key}: ${error instanceof Error ? error.message : 'fault'}`)
        })
      }
    },
  }
}

const isUsed = (engine: EngineNode, kit: Kit): boolean => {
  const targets = new Set(
    kit.ledger.store.targets().flatMap((t) =>
      kit.nodes
        .nodesOf(t.ref.name)
        .filter((n) => n.engine.key === engine.key)
        .map((n) => n.target),
    ),
  )
  return (
    kit.ledger.objects().some((o) => targets.has(o.target)) || kit.ledger.allocs().some((a) => targets.has(a.target))
  )
}

const refuseCompose = async (key: AppKey, engine: EngineNode, signal: AbortSignal): Promise<void> => {
  const running = (await engine.driver.composeContainers?.(key.app, signal)) ?? []
  if (running.length === 0) return
  throw new StormportError(
    'Foreign',
    `Docker Compose runs a project ${key.app} on this engine (${running.slice(0, 3).join(', ')}${running.length > 3 ? ', …' : ''})`,
    {
      diagnostic: 'SP4026',
      source: 'target',
      target: key.target,
      hint: `docker compose -p ${key.app} down (volumes stay), or choose another name with --project-name`,
    },
  )
}

/** On doubt it lives: another machine cannot be asked. */
const holderLives = (text: string): boolean => {
  const other = parse(text)
  if (other === null) return true
  if (other.bootId !== readBootId()) return other.by.split('@').at(-1) !== hostname()
  return isAlive(other.pid, other.startTicks)
}

const holderInWords = (text: string): string => {
  const other = parse(text)
  return other === null ? text : `that of ${other.by}, process ${other.pid}`
}

const parse = (text: string): Holder | null => {
  try {
    const value: unknown = JSON.parse(text)
    return isHolder(value) ? value : null
  } catch {
    return null
  }
}

const isHolder = (value: unknown): value is Holder =>
  typeof value === 'object' &&
  value !== null &&
  'bootId' in value &&
  'pid' in value &&
  typeof value.pid === 'number' &&
  'startTicks' in value &&
  'by' in value &&
  typeof value.by === 'string'
