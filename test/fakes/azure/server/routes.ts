// From a method and an address to an operation, in whatever case the address is written.
import type { Operation } from './calls.ts'

export interface Routed {
  readonly operation: Operation
  readonly at: Readonly<Record<string, string>>
}

export const createRouter = (operations: readonly Operation[], isCaseless: () => boolean) => {
  const patterns = operations.map((operation) => ({ operation, source: patternOf(operation.path) }))
  return (method: string, path: string): Routed | null => {
    const flags = isCaseless() ? 'i' : ''
    for (const { operation, source } of patterns) {
      if (operation.method !== method) continue
      const found = new RegExp(source, flags).exec(path)
      if (found === null) continue
      const at = Object.fromEntries(Object.entries(found.groups ?? {}).map(([k, v]) => [k, decodeURIComponent(v)]))
      return { operation, at }
    }
    return null
  }
}

const patternOf = (path: string): string => {
  const source = path
    .replaceAll('.', '\\.')
    .replaceAll(/\{\+(\w+)\}/g, '(?<$1>.*?)')
    .replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')
  return `^${source}/?$`
}
