// Build contexts that lie elsewhere, told from folders by their form, as docker reads them: a git repository with a ref and a
// folder behind `#`, or an archive behind a URL. Pure.
export type RemoteContext =
  | {
      readonly kind: 'git'
      readonly url: string
      /** Branch, tag, commit; null: what the repository's HEAD is. */
      readonly ref: string | null
      /** Folder inside; '' = the root. */
      readonly folder: string
    }
  | { readonly kind: 'archive'; readonly url: string }

/** null: a folder. */
export const remoteContext = (context: string): RemoteContext | null => {
  if (/^https?:\/\//.test(context)) return isRepository(context) ? git(context) : { kind: 'archive', url: context }
  if (/^(?:git|ssh):\/\/|^[\w.-]+@[\w.-]+:/.test(context)) return git(context)
  return /^github\.com\//.test(context) ? git(`https://${context}`) : null
}

const isRepository = (url: string): boolean =>
  /\.git(?:#|$)/.test(url) || /^https?:\/\/github\.com\/[^/#]+\/[^/#]+(?:#|$)/.test(url)

const git = (context: string): RemoteContext => {
  const [url = '', fragment = ''] = context.split('#', 2)
  const colon = fragment.indexOf(':')
  const ref = colon < 0 ? fragment : fragment.slice(0, colon)
  return { kind: 'git', url, ref: ref === '' ? null : ref, folder: colon < 0 ? '' : fragment.slice(colon + 1) }
}

/** Without the user and password that a URL may hold. */
export const shownUrl = (url: string): string => url.replace(/\/\/[^@/]*@/, '//')
