// Kind → adapter, loaded on first use. A new provider is one line here and one folder beside it.
import { StormportError } from '../core/errors.ts'
import type { ProviderKind } from '../core/model/fleet.ts'
import type { ProviderFactory } from '../core/ports.ts'

export const providers: Readonly<Partial<Record<ProviderKind, ProviderFactory>>> = {
  local: async () => (await import('./local/index.ts')).createLocalProvider(),
}

/** Loads an adapter once and hands out the same one afterwards; unknown kinds are 'NotYet'. */
export const providerCache = (factories: Readonly<Partial<Record<ProviderKind, ProviderFactory>>> = providers): ((kind: ProviderKind) => ReturnType<ProviderFactory>) => {
  const loaded = new Map<ProviderKind, ReturnType<ProviderFactory>>()
  return (kind) => {
    const known = loaded.get(kind)
    if (known) return known
    const factory = factories[kind]
    if (!factory) {
      throw new StormportError('NotYet', `targets of kind ${kind} are not supported yet`, {
        diagnostic: 'SP1901',
        source: 'user',
        hint: 'use provider: local for now',
      })
    }
    const provider = factory()
    loaded.set(kind, provider)
    return provider
  }
}
