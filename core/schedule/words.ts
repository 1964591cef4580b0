// Amounts in words, for refusals: '0.5 CPUs', '1.5 GiB'.

export const cpus = (cpuMillis: number): string => `${trimmed(cpuMillis / 1000)} CPUs`

export const gib = (bytes: number): string => {
  const mib = bytes / 1024 ** 2
  return mib < 1024 ? `${trimmed(mib)} MiB` : `${trimmed(mib / 1024)} GiB`
}

const trimmed = (value: number): string => String(Math.round(value * 100) / 100)
