// The keys of an eks target in stormport.yaml, as its adapter reads them. The file was checked when it was read.
import type { Target } from '../../core/model/fleet.ts'

export interface EksSettings {
  readonly account: string | null
  readonly profile: string | null
  readonly roleArn: string | null
  readonly region: string
  readonly cluster: string
  /** null: the cluster is used as it stands. */
  readonly create: EksCreate | null
}

export interface EksCreate {
  readonly version: string | null
  readonly nodes: 'auto' | 'managed'
  readonly cidr: string
  readonly use: { readonly vpc: string; readonly subnets: readonly string[] } | null
  readonly endpoint: { readonly public: boolean; readonly private: boolean; readonly allow: readonly string[] }
  readonly roles: { readonly cluster: string | null; readonly node: string | null }
  readonly access: readonly { readonly principal: string; readonly role: 'admin' | 'edit' | 'view' }[]
  /** Name → version, or 'latest'. */
  readonly addons: Readonly<Record<string, string>>
  readonly logs: readonly string[]
  readonly protect: boolean
  readonly support: 'standard' | 'extended'
}

interface Written {
  readonly account?: string
  readonly profile?: string
  readonly roleArn?: string
  readonly region?: string
  readonly cluster?: string
  readonly create?: WrittenCreate
}

interface WrittenCreate {
  readonly version?: string
  readonly nodes?: 'auto' | 'managed'
  readonly network?: { readonly cidr?: string; readonly use?: { readonly vpc: string; readonly subnets: string[] } }
  readonly endpoint?: { readonly public?: boolean; readonly private?: boolean; readonly allow?: readonly string[] }
  readonly roles?: { readonly cluster?: string; readonly node?: string }
  readonly access?: EksCreate['access']
  readonly addons?: Readonly<Record<string, string>>
  readonly logs?: readonly string[]
  readonly protect?: boolean
  readonly support?: 'standard' | 'extended'
}

export const eksSettings = (target: Target): EksSettings => {
  const written: Written = target.settings
  return {
    account: written.account ?? null,
    profile: written.profile ?? null,
    roleArn: written.roleArn ?? null,
    region: written.region ?? '',
    cluster: written.cluster ?? target.name,
    create: written.create === undefined ? null : createOf(written.create),
  }
}

/** Public and private at once: nodes stay inside, and the user's machine reaches it without a tunnel. */
const createOf = (written: WrittenCreate): EksCreate => ({
  version: written.version ?? null,
  nodes: written.nodes ?? 'auto',
  cidr: written.network?.cidr ?? '10.0.0.0/16',
  use: written.network?.use ?? null,
  endpoint: {
    public: written.endpoint?.public ?? true,
    private: written.endpoint?.private ?? true,
    allow: written.endpoint?.allow ?? ['0.0.0.0/0'],
  },
  roles: { cluster: written.roles?.cluster ?? null, node: written.roles?.node ?? null },
  access: written.access ?? [],
  addons: written.addons ?? {},
  logs: written.logs ?? [],
  protect: written.protect ?? false,
  support: written.support ?? 'standard',
})
