// How things are called on a cluster: RFC 1123 names, label values, object ids and the labels that every object carries
// (DESIGN section 4, Names). A name that had to be shortened ends in `-` and 6 hex of the SHA-256 of the full one.
import { createHash } from 'node:crypto'
import type { Target } from '../../core/model/fleet.ts'

export const MANAGER = 'stormport'
export const APP_LABEL = 'stormport.dev/app'
export const SERVICE_LABEL = 'stormport.dev/service'
export const FLEET_LABEL = 'stormport.dev/fleet'
/** On a claim: the key of the Compose volume that it holds. */
export const VOLUME_LABEL = 'stormport.dev/volume'
export const APPLYSET_LABEL = 'applyset.kubernetes.io/part-of'
/** One labelled ConfigMap a namespace says which app lives there; it is also the parent of the ApplySet. */
export const APP_CONFIG_MAP = 'stormport-app'

const LONGEST = 63

/** A DNS label that may begin with a digit: namespaces and most objects. */
export const dnsLabel = (text: string, longest = LONGEST): string => {
  if (text.length <= longest && isDnsName(text)) return text
  const plain = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
  return shortened(plain === '' ? 'x' : plain, text, longest)
}

/** A DNS label that begins with a letter, as Services need it; one limit for all objects of a service. */
export const dnsName = (text: string, longest = LONGEST): string => {
  const label = dnsLabel(text, longest)
  return /^[a-z]/.test(label) ? label : shortened(`x-${label}`, text, longest)
}

/** Resolves as it is written: it can be the name of a Service. */
export const isDnsName = (text: string): boolean => /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(text)

const shortened = (plain: string, full: string, longest: number): string =>
  plain.length <= longest ? plain : `${plain.slice(0, longest - 7).replace(/-+$/, '')}-${hexOf(full).slice(0, 6)}`

const hexOf = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Immutable objects: another content is another name. `hash` is hex. */
export const hashedName = (stem: string, hash: string): string => `${dnsName(stem, 52)}-${hash.slice(0, 10)}`

/** The nearest legal label value; label values are for selecting, the full text stands elsewhere. */
export const labelValue = (text: string): string => {
  if (isDnsName(text)) return text
  const plain = text.replaceAll(/[^A-Za-z0-9_.-]+/g, '-').replaceAll(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '')
  return plain.length <= LONGEST
    ? plain
    : `${plain.slice(0, LONGEST - 7).replace(/[^A-Za-z0-9]+$/, '')}-${hexOf(text).slice(0, 6)}`
}

export const namespaceOf = (target: Target, app: string): string => {
  const written = target.settings['namespace']
  return typeof written === 'string' ? written : dnsLabel(app)
}

export interface ObjectAddress {
  /** 'apps/v1', 'v1'. */
  readonly apiVersion: string
  readonly kind: string
  /** null for what belongs to no namespace. */
  readonly namespace: string | null
  readonly name: string
}

/** 'apps/Deployment/shop/web', 'core/ConfigMap/shop/cfg', 'core/Namespace/shop'. The version is no part: a newer one is the same object. */
export const objectId = ({ apiVersion, kind, namespace, name }: ObjectAddress): string =>
  [groupOf(apiVersion), kind, ...(namespace === null ? [] : [namespace]), name].join('/')

const groupOf = (apiVersion: string): string => {
  const slash = apiVersion.indexOf('/')
  return slash < 0 ? 'core' : apiVersion.slice(0, slash)
}

/** Id of the ApplySet whose parent is the ConfigMap of the app (KEP-3659). */
export const applySetId = (namespace: string): string => {
  const digest = createHash('sha256').update(`${APP_CONFIG_MAP}.${namespace}.ConfigMap.`).digest('base64url')
  return `applyset-${digest}-v1`
}

/** Pods of one service; never changes, because selectors cannot. */
export const selectorOf = (app: string, service: string): Readonly<Record<string, string>> => ({
  [APP_LABEL]: labelValue(app),
  [SERVICE_LABEL]: labelValue(service),
})

export interface LabelParts {
  readonly app: string
  readonly service: string | null
}

/** Labels of every object and pod; what a release or a fleet adds does not belong on pods, whose change is a rollout. */
export const commonLabels = ({ app, service }: LabelParts): Readonly<Record<string, string>> => ({
  'app.kubernetes.io/name': labelValue(service ?? app),
  'app.kubernetes.io/instance': labelValue(app),
  'app.kubernetes.io/part-of': labelValue(app),
  'app.kubernetes.io/managed-by': MANAGER,
  [APP_LABEL]: labelValue(app),
  ...(service === null ? {} : { [SERVICE_LABEL]: labelValue(service) }),
})

/** May be the name of an object as it is written. */
export const isDnsLabelName = (text: string): boolean => /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/.test(text)
