// How an image's name is read, by Docker's rules: which registry, which repository, which tag or digest.

export interface ImageReference {
  /** 'docker.io', 'ghcr.io', 'localhost:5000'. */
  readonly registry: string
  /** 'library/redis', 'acme/web'. */
  readonly repository: string
  /** null with a digest alone; 'latest' where neither is written. */
  readonly tag: string | null
  /** 'sha256:…'. */
  readonly digest: string | null
}

const DIGEST = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-fA-F]{32,}$/
const TAG = /^[\w][\w.-]{0,127}$/
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/

/** undefined: not an image name. */
export const parseImageReference = (text: string): ImageReference | undefined => {
  const [named = '', digest, ...more] = text.split('@')
  if (more.length > 0 || (digest !== undefined && !DIGEST.test(digest))) return undefined
  const { path, tag } = splitTag(named)
  if (tag !== null && !TAG.test(tag)) return undefined
  const { registry, repository } = splitRegistry(path)
  if (repository.split('/').some((component) => !COMPONENT.test(component))) return undefined
  return { registry, repository, tag: tag ?? (digest === undefined ? 'latest' : null), digest: digest ?? null }
}

/** The name without tag and digest as users write it: 'redis', 'ghcr.io/acme/web'. */
export const repositoryName = ({ registry, repository }: ImageReference): string => {
  if (registry !== 'docker.io') return `${registry}/${repository}`
  return repository.startsWith('library/') ? repository.slice('library/'.length) : repository
}

/** Pinned: name and digest, and the tag where one was written, so that people still see it. */
export const withDigest = (reference: ImageReference, digest: string): string =>
  `${repositoryName(reference)}${reference.tag === null ? '' : `:${reference.tag}`}@${digest}`

const splitTag = (named: string): { readonly path: string; readonly tag: string | null } => {
  const colon = named.lastIndexOf(':')
  if (colon <= named.lastIndexOf('/')) return { path: named, tag: null }
  return { path: named.slice(0, colon), tag: named.slice(colon + 1) }
}

/** The first part is a registry only if it looks like a host: a dot, a port, or localhost. */
const splitRegistry = (path: string): { readonly registry: string; readonly repository: string } => {
  const slash = path.indexOf('/')
  const first = path.slice(0, Math.max(slash, 0))
  const isHost = first.includes('.') || first.includes(':') || first === 'localhost' || first !== first.toLowerCase()
  if (slash > 0 && isHost) {
    const registry = first === 'index.docker.io' || first === 'registry-1.docker.io' ? 'docker.io' : first
    const rest = path.slice(slash + 1)
    return { registry, repository: registry === 'docker.io' && !rest.includes('/') ? `library/${rest}` : rest }
  }
  return { registry: 'docker.io', repository: slash < 0 ? `library/${path}` : path }
}
