// Versions of managed clusters: clouds take a control plane up one minor at a time, and never down.

/** '1.36' and 'v1.36.3' → 36; 0 where it is no version. */
export const minorOf = (version: string | null | undefined): number =>
  Number(/^v?1\.(\d+)/.exec(version ?? '')?.[1] ?? 0)

/** The next minor is wanted until the written one is reached. */
export const nextVersion = (written: string | null, live: string | null): string | null => {
  if (written === null || live === null) return written
  const [wanted, now] = [minorOf(written), minorOf(live)]
  return wanted > now + 1 ? `1.${now + 1}` : written
}
