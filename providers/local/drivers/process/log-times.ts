// When which bytes of a log file were there. Processes write plain files that need nobody to live; the daemon notes beside
// them how far a file had grown at which time, and a line gets the first time at which it was complete. Pure.

export interface TimeMark {
  /** The file had this size … */
  readonly offset: number
  /** … at this time (epoch milliseconds). */
  readonly atMs: number
}

export const formatMark = ({ offset, atMs }: TimeMark): string => `${offset} ${Math.round(atMs)}\n`

/** A torn last line (the daemon was killed) is left out. Marks that go backwards are, too. */
export const parseMarks = (text: string): TimeMark[] => {
  const marks: TimeMark[] = []
  for (const line of text.split('\n').slice(0, -1)) {
    const match = /^(\d+) (\d+)$/.exec(line)
    if (match === null) continue
    const mark = { offset: Number(match[1]), atMs: Number(match[2]) }
    const last = marks.at(-1)
    if (last === undefined || (mark.offset > last.offset && mark.atMs >= last.atMs)) marks.push(mark)
  }
  return marks
}

/** Time of the byte before `end`; bytes that no mark covers get the fallback (the file's own modification time). */
export const timeOf = (marks: readonly TimeMark[], end: number, fallbackMs: number): number => {
  let [low, high] = [0, marks.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((marks[middle]?.offset ?? 0) < end) low = middle + 1
    else high = middle
  }
  return marks[low]?.atMs ?? Math.max(fallbackMs, marks.at(-1)?.atMs ?? 0)
}

const STEPS: readonly (readonly [count: number, ms: number])[] = [
  [20_000, 1000],
  [5000, 100],
]

/** A log that grows all the time gets coarser marks, so that they stay small beside it. */
export const minMarkGapMs = (count: number): number => STEPS.find(([from]) => count >= from)?.[1] ?? 10
