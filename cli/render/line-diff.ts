// The shortest way from one list of lines to another (longest common subsequence). For objects of some hundred lines.

export interface DiffLine {
  readonly kind: 'same' | 'added' | 'removed'
  readonly text: string
}

export const diffLines = (before: readonly string[], after: readonly string[]): readonly DiffLine[] => {
  const lengths = commonLengths(before, after)
  const found: DiffLine[] = []
  let [i, j] = [0, 0]
  while (i < before.length || j < after.length) {
    const [old, next] = [before[i], after[j]]
    if (old !== undefined && old === next) {
      found.push({ kind: 'same', text: old })
      i += 1
      j += 1
    } else if (old !== undefined && (next === undefined || at(lengths, i + 1, j) >= at(lengths, i, j + 1))) {
      found.push({ kind: 'removed', text: old })
      i += 1
    } else {
      found.push({ kind: 'added', text: next ?? '' })
      j += 1
    }
  }
  return found
}

/** lengths[i][j]: how many lines the rests from i and from j have in common. */
const commonLengths = (before: readonly string[], after: readonly string[]): readonly Uint32Array[] => {
  const lengths = Array.from({ length: before.length + 1 }, () => new Uint32Array(after.length + 1))
  for (let i = before.length - 1; i >= 0; i -= 1)
    for (let j = after.length - 1; j >= 0; j -= 1) {
      const row = lengths[i]
      if (row === undefined) continue
      row[j] =
        before[i] === after[j] ? at(lengths, i + 1, j + 1) + 1 : Math.max(at(lengths, i + 1, j), at(lengths, i, j + 1))
    }
  return lengths
}

const at = (lengths: readonly Uint32Array[], i: number, j: number): number => lengths[i]?.[j] ?? 0
