// Kind → adapter, loaded on first use. A new provider is one line here and one folder beside it.
import { StormportError } from '../core/errors.ts'
import type { ProviderKind } from '../core/model/fleet.ts'
import type { Provider, ProviderFactory } from '../core/ports.ts'
import type { LocalProviderOptions } from './local/provider.ts'

/** What adapters need of the process they run in: state folder, environment, runtime files. */
export interface AdapterOptions {
  readonly local: LocalProviderOptions
  /** Which programs of a kubeconfig may run; absent: those of STORMPORT_EXEC_PLUGINS, and nobody is asked. */
  readonly plugins?: {
    allowed(): readonly string[]
    readonly ask: ((plugin: { readonly command: string; readonly args: readonly string[] }) => Promise<boolean>) | null
  }
}

export const providers = (options: AdapterOptions): Readonly<Partial<Record<ProviderKind, ProviderFactory>>> => ({
  local: async () => (await import('./local/index.ts')).createLocalProvider(options.local),
  aks: async () => (await import('./aks/index.ts')).createAksProvider({ env: options.local.env }),
  eks: async () => (await import('./eks/index.ts')).createEksProvider({ env: options.local.env }),
  kubernetes: async () =>
    (await import('./kubernetes/index.ts')).createKubernetesProvider({
      env: options.local.env,
      askPlugin: options.plugins?.ask ?? null,
      ...(options.plugins === undefined ? {} : { allowedPlugins: options.plugins.allowed }),
    }),
})

export interface ProviderCache {
  get(kind: ProviderKind): Promise<Provider>
  close(): Promise<void>
}

/** Loads an adapter once and hands out the same one afterwards; a kind without adapter is 'NotYet'. */
export const providerCache = (factories: Readonly<Partial<Record<ProviderKind, ProviderFactory>>>): ProviderCache => {
  const loaded = new Map<ProviderKind, Promise<Provider>>()
  return {
    get: async (kind) => {
      const known = loaded.get(kind)
      if (known) return known
      const factory = factories[kind]
      if (!factory) throw notYet(kind)
      const provider = factory()
      loaded.set(kind, provider)
      return provider
    },
    close: async () => {
      await Promise.allSettled([...loaded.values()].map(async (p) => (await p).close()))
    },
  }
}

const notYet = (kind: ProviderKind): StormportError =>
  new StormportError('NotYet', `targets of kind ${kind} are not supported yet`, {
    diagnostic: 'SP1901',
    source: 'user',
    hint: 'use provider: local for now',
  })
