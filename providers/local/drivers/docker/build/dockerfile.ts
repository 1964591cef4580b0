// What a Dockerfile asks of its builder, read without running it: enough to refuse by name before the build, and to fetch
// base images with the user's sign-in, which builders without a session do not have.

/** Features that need a connection back to the client during the build. */
export const sessionFeatures = (dockerfile: string): readonly string[] => {
  const found = new Set<string>()
  for (const line of instructions(dockerfile)) {
    for (const [, type] of line.matchAll(/--mount=(?:\S*,)?type=(secret|ssh)\b/g)) found.add(`RUN --mount=type=${type}`)
  }
  return [...found]
}

/** Features of BuildKit that the classic builder lacks. */
export const buildkitFeatures = (dockerfile: string): readonly string[] => {
  const found = new Set<string>()
  if (/^#\s*syntax\s*=/im.test(dockerfile.split('\n')[0] ?? '')) found.add('# syntax=')
  for (const line of instructions(dockerfile)) {
    const [, name = '', flags = ''] = line.match(/^(RUN|COPY|ADD)\s+((?:--\S+\s+)+)/i) ?? []
    for (const [, flag] of flags.matchAll(/--(mount|network|security|link|chmod|parents|exclude|checksum)\b/g)) {
      found.add(`${name.toUpperCase()} --${flag}`)
    }
    if (/^(?:RUN|COPY|ADD)\b.*<<-?["']?\w+/i.test(line)) found.add('here-documents')
  }
  return [...found]
}

/** Images that it starts from or copies from; those that a build argument names are left to the builder. */
export const baseImages = (dockerfile: string): readonly string[] => {
  const stages = new Set(['scratch'])
  const images = new Set<string>()
  for (const line of instructions(dockerfile)) {
    const from = line.match(/^FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?/i)
    const copied = line.match(/^COPY\s+(?:--\S+\s+)*--from=(\S+)/i)
    const image = from?.[1] ?? copied?.[1]
    if (image !== undefined && !stages.has(image.toLowerCase()) && !image.includes('$') && !/^\d+$/.test(image))
      images.add(image)
    if (from?.[2] !== undefined) stages.add(from[2].toLowerCase())
  }
  return [...images]
}

/** Lines with continuations joined, without comments. */
const instructions = (dockerfile: string): readonly string[] =>
  dockerfile
    .split(/\r?\n/)
    .filter((line) => !/^\s*#/.test(line))
    .join('\n')
    .replace(/\\[ \t]*\n/g, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
