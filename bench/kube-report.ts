// How the Kubernetes benches print what they found: anchor, ours, ratio, bound, and whether it holds.

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`

export interface Row {
  readonly what: string
  readonly peer: string
  readonly peerMs: number
  readonly oursMs: number
  readonly bound: number
}

export const row = ({ what, peer, peerMs, oursMs, bound }: Row): void => {
  const ratio = oursMs / peerMs
  console.log(
    `${what.padEnd(18)} ${peer.padEnd(8)} ${seconds(peerMs)}   stormport ${seconds(oursMs)}   ratio ${ratio.toFixed(2)}   bound ${bound}   ${verdict(ratio <= bound)}`,
  )
}

export const figure = (
  what: string,
  value: number,
  { bound, unit }: { readonly bound: number; readonly unit: string },
): void =>
  console.log(`${what.padEnd(44)} ${value.toFixed(0)} ${unit}   bound ${bound} ${unit}   ${verdict(value <= bound)}`)

export const verdict = (holds: boolean): string => (holds ? 'holds' : 'MISSED')
