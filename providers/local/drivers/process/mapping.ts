// Container paths → paths of this machine. A host process has no mount namespace, so what the container would see under a
// mount's target is the mount's source here. Only whole paths are rewritten: text that merely holds a path is left alone.

export interface PathMapping {
  /** Absolute path in the container. */
  readonly target: string
  /** Absolute path of this machine. */
  readonly source: string
}

const trimSlash = (path: string): string => (path.length > 1 ? path.replace(/\/+$/, '') || '/' : path)

const below = (path: string, target: string): string | null => {
  if (path === target) return ''
  if (target === '/') return path
  return path.startsWith(`${target}/`) ? path.slice(target.length) : null
}

/** The longest target wins, as the deepest mount does in a container. null: no mount holds the path. */
export const mapPath = (path: string, mappings: readonly PathMapping[]): string | null => {
  const wanted = trimSlash(path)
  let best: { readonly length: number; readonly mapped: string } | null = null
  for (const mapping of mappings) {
    const target = trimSlash(mapping.target)
    const rest = below(wanted, target)
    if (rest === null || (best !== null && best.length >= target.length)) continue
    best = { length: target.length, mapped: trimSlash(mapping.source) + rest }
  }
  return best?.mapped ?? null
}

/** An argument that is an absolute path under a mount or equals a file's target is rewritten; any other stays. */
export const mapArgument = (
  argument: string,
  mappings: readonly PathMapping[],
  files: readonly PathMapping[],
): string => {
  const file = files.find((entry) => entry.target === argument)
  if (file !== undefined) return file.source
  return argument.startsWith('/') ? (mapPath(argument, mappings) ?? argument) : argument
}
