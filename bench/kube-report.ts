// How the Kubernetes benches print what they found: anchor, ours, ratio, bound, and whether it holds.

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`

export interface Row {
  readonly what: string
  readonly peer: string
  readonly peerMs: number
  readonly oursMs: number
  /** null: shown for comparison. */
  readonly bound: number | null
}

/** Silent where the peer was not measured. */
export const row = ({ what, peer, peerMs, oursMs, bound }: Row): void => {
  if (Number.isNaN(peerMs) || Number.isNaN(oursMs)) return
  const ratio = oursMs / peerMs
  const judged = bound === null ? '' : `   bound ${bound}   ${verdict(ratio <= bound)}`
  console.log(
    `${what.padEnd(18)} ${peer.padEnd(11)} ${seconds(peerMs)}   stormport ${seconds(oursMs)}   ratio ${ratio.toFixed(2)}${judged}`,
  )
}

export const figure = (
  what: string,
  value: number,
  { bound, unit }: { readonly bound: number; readonly unit: string },
): void =>
  console.log(`${what.padEnd(44)} ${value.toFixed(0)} ${unit}   bound ${bound} ${unit}   ${verdict(value <= bound)}`)

export const verdict = (holds: boolean): string => (holds ? 'holds' : 'MISSED')
