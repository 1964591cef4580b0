// The keys of a cluster target that objects depend on, read once from its stanza (checked by core/config).
import type { Target } from '../../core/model/fleet.ts'
import { parseSize } from '../../core/model/quantity.ts'

export type IngressKind = 'auto' | 'gateway' | 'ingress' | 'loadBalancer' | 'nodePort'

export interface ClusterSettings {
  readonly ingress: {
    readonly kind: IngressKind
    readonly class: string | null
    /** 'namespace/name' or 'name'. */
    readonly gateway: string | null
    readonly issuer: string | null
  }
  readonly storage: { readonly class: string | null; readonly sizeBytes: number | null }
  readonly imagePullSecret: string | null
  readonly pullFromDockerConfig: boolean
}

export const readSettings = (target: Target): ClusterSettings => {
  const ingress = section(target, 'ingress')
  const storage = section(target, 'storage')
  const pull = section(target, 'imagePull')
  const size = parseSize(text(storage['size']) ?? '')
  return {
    ingress: {
      kind: INGRESS_KINDS.find((kind) => kind === ingress['kind']) ?? 'auto',
      class: text(ingress['class']),
      gateway: text(ingress['gateway']),
      issuer: text(ingress['issuer']),
    },
    storage: { class: text(storage['class']), sizeBytes: size.ok ? size.value : null },
    imagePullSecret: text(pull['secret']),
    pullFromDockerConfig: pull['fromDockerConfig'] === true,
  }
}

const INGRESS_KINDS: readonly IngressKind[] = ['auto', 'gateway', 'ingress', 'loadBalancer', 'nodePort']

const section = (target: Target, key: string): Readonly<Record<string, unknown>> => {
  const value = target.settings[key]
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}
}

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)
