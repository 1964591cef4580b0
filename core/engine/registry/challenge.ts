// What a registry asks for when it answers 401, and to whom credentials may then go.

export type Challenge =
  | { readonly kind: 'basic' }
  | { readonly kind: 'bearer'; readonly realm: URL; readonly service: string | null; readonly scope: string | null }

/** null: none that we can meet. */
export const parseChallenge = (header: string | null): Challenge | null => {
  const match = header?.match(/^\s*(basic|bearer)\b\s*(.*)$/is)
  if (match === null || match === undefined) return null
  if (match[1]?.toLowerCase() === 'basic') return { kind: 'basic' }
  const fields = new Map<string, string>()
  for (const [, key = '', quoted, plain] of (match[2] ?? '').matchAll(/([\w-]+)\s*=\s*(?:"([^"]*)"|([^\s,]+))/g)) {
    fields.set(key.toLowerCase(), quoted ?? plain ?? '')
  }
  const realm = URL.parse(fields.get('realm') ?? '')
  if (realm === null || !mayTalkTo(realm)) return null
  return { kind: 'bearer', realm, service: fields.get('service') ?? null, scope: fields.get('scope') ?? null }
}

/** Plain http reaches this machine only. */
export const mayTalkTo = (url: URL): boolean =>
  url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))

export const isLoopback = (host: string): boolean =>
  host === 'localhost' ||
  host.endsWith('.localhost') ||
  host === '[::1]' ||
  host === '::1' ||
  /^127\.\d+\.\d+\.\d+$/.test(host)

/**
 * Credentials go to the registry's own host, or to a token service of the same organisation (registry.example.com and
 * auth.example.com). Any other realm is asked without them.
 */
export const mayReceiveCredentials = (registryHost: string, realm: URL): boolean => {
  const host = hostName(registryHost)
  if (realm.hostname === host) return true
  const labels = host.split('.')
  const domain = labels.length > 2 ? labels.slice(1).join('.') : host
  return (
    domain.includes('.') &&
    !/^[\d.]+$/.test(host) &&
    (realm.hostname === domain || realm.hostname.endsWith(`.${domain}`))
  )
}

const hostName = (registry: string): string => URL.parse(`http://${registry}`)?.hostname ?? registry
