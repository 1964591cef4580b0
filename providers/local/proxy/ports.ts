// Which ports to try for an entry: the one that it names, the one that it had, or a fresh one that depends on its key
// alone. Fresh ports lie below the kernel's own range, so that no outgoing connection takes one while the proxy restarts.
import { createHash } from 'node:crypto'

const FIRST = 32_000
const COUNT = 768
const TRIES = 64
const ANY = 0

/** In the order to try. 0 at the end: whatever the kernel gives. */
export const portCandidates = (key: string, wanted: number, kept: number | null): readonly number[] => {
  if (wanted !== 0) return [wanted]
  const start = createHash('sha256').update(key).digest().readUInt32BE(0) % COUNT
  const fresh = Array.from({ length: TRIES }, (_, step) => FIRST + ((start + step * 7) % COUNT))
  return [...(kept === null ? [] : [kept]), ...fresh, ANY]
}
