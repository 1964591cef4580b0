// What the tags !reset and !override of a file take out of the files before it.
import type { Node } from './node.ts'

export type ResetPath = readonly string[]

/** Lists keep their items: the reference loader does not reach into them. */
export const applyResets = (target: Node, resets: readonly ResetPath[], path: ResetPath = []): void => {
  if (target.kind !== 'map' || resets.length === 0) return
  for (const [key, value] of [...target.entries]) {
    const next = [...path, key]
    if (resets.some((reset) => samePath(reset, next))) target.entries.delete(key)
    else applyResets(value, resets, next)
  }
}

const samePath = (a: ResetPath, b: ResetPath): boolean => a.length === b.length && a.every((part, i) => part === b[i])
