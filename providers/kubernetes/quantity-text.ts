// Kubernetes quantities as the API writes them: '500m', '2', '16Gi', '1k', '12345n', '1e3'.

const FACTORS: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
}

/** 0 for none and for what is no quantity. */
export const amountOf = (text: string | null): number => {
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)([a-zA-Z]*)$/.exec(text ?? '')
  const factor = FACTORS[match?.[2] ?? '']
  return match === null || factor === undefined ? 0 : Number(match[1]) * factor
}
