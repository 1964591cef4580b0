// The word that was probably meant: nearest by edit distance, never a wild guess.
import { distance } from 'fastest-levenshtein'

/** At most a third of the letters may differ (two at least for words of four and more); ties go to the first candidate. */
export const closest = (word: string, candidates: readonly string[]): string | null => {
  const wanted = word.toLowerCase()
  let best: string | null = null
  let bestDistance = Math.max(word.length < 4 ? 1 : 2, Math.floor(word.length / 3)) + 1
  for (const candidate of candidates) {
    const found = flat(candidate) === flat(word) ? 0 : distance(wanted, candidate.toLowerCase())
    if (found < bestDistance) [best, bestDistance] = [candidate, found]
  }
  return best
}

/** 'did you mean `x`?', else the list of what may be written (when short), else undefined. */
export const didYouMean = (word: string, candidates: readonly string[]): string | undefined => {
  const best = closest(word, candidates)
  if (best !== null) return `did you mean \`${best}\`?`
  return candidates.length > 0 && candidates.length <= 12 ? `write one of ${candidates.join(', ')}` : undefined
}

const flat = (word: string): string => word.toLowerCase().replaceAll(/[-_ ]/g, '')
