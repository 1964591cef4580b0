// Values of a checked stanza that adapters read by themselves.

export const textList = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : [])

export const textMap = (value: unknown): Readonly<Record<string, string>> =>
  typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, String(each)]))
    : {}
