// The keys of an aks target in stormport.yaml, as its adapter reads them. The file was checked when it was read.
import type { Target } from '../../core/model/fleet.ts'

export interface AksSettings {
  readonly tenant: string | null
  readonly subscription: string
  readonly resourceGroup: string
  readonly location: string
  readonly cluster: string
  /** null: the cluster is used as it stands. */
  readonly create: AksCreate | null
}

export type AccessRole = 'admin' | 'edit' | 'view'

export interface AksCreate {
  readonly version: string | null
  readonly nodes: 'auto' | 'managed'
  /** Addresses of pods: nodes have a network of Azure's own unless a subnet is given. */
  readonly podCidr: string
  readonly subnet: string | null
  readonly endpoint: { readonly public: boolean; readonly allow: readonly string[] }
  /** Id of a given identity of the control plane; null: ours is made. */
  readonly identity: string | null
  readonly access: readonly { readonly principal: string; readonly role: AccessRole }[]
  readonly addons: readonly string[]
  readonly monitoring: boolean
  readonly protect: boolean
  readonly support: 'standard' | 'extended'
  readonly registries: readonly string[]
}

interface Written {
  readonly tenant?: string
  readonly subscription?: string
  readonly resourceGroup?: string
  readonly location?: string
  readonly cluster?: string
  readonly create?: WrittenCreate
}

interface WrittenCreate {
  readonly version?: string
  readonly nodes?: 'auto' | 'managed'
  readonly network?: { readonly cidr?: string; readonly use?: { readonly subnet: string } }
  readonly endpoint?: { readonly public?: boolean; readonly allow?: readonly string[] }
  readonly identity?: string
  readonly access?: AksCreate['access']
  readonly addons?: Readonly<Record<string, string>>
  readonly monitoring?: boolean
  readonly protect?: boolean
  readonly support?: 'standard' | 'extended'
  readonly registries?: readonly string[]
}

export const aksSettings = (target: Target): AksSettings => {
  const written: Written = target.settings
  return {
    tenant: written.tenant ?? null,
    subscription: written.subscription ?? '',
    resourceGroup: written.resourceGroup ?? '',
    location: (written.location ?? '').toLowerCase().replaceAll(' ', ''),
    cluster: written.cluster ?? target.name,
    create: written.create === undefined ? null : createOf(written.create),
  }
}

/** Pools are the default: node auto provisioning does not go with pools that scale themselves, nor with stopping a cluster. */
const createOf = (written: WrittenCreate): AksCreate => ({
  version: written.version ?? null,
  nodes: written.nodes ?? 'managed',
  podCidr: written.network?.cidr ?? '10.244.0.0/16',
  subnet: written.network?.use?.subnet ?? null,
  endpoint: { public: written.endpoint?.public ?? true, allow: written.endpoint?.allow ?? [] },
  identity: written.identity ?? null,
  access: written.access ?? [],
  addons: Object.keys(written.addons ?? {}),
  monitoring: written.monitoring ?? false,
  protect: written.protect ?? false,
  support: written.support ?? 'standard',
  registries: written.registries ?? [],
})

export const groupPath = ({ subscription, resourceGroup }: AksSettings): string =>
  `/subscriptions/${subscription}/resourceGroups/${resourceGroup}`

export const clusterPath = (settings: AksSettings): string =>
  `${groupPath(settings)}/providers/Microsoft.ContainerService/managedClusters/${settings.cluster}`
