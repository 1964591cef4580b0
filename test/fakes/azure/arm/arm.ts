// The parts of ARM around a cluster that a deploy needs: what its handlers share.

import type { Sizes } from '../aks/sizes.ts'
import { type AzureFaultError, fault } from '../faults.ts'
import { ARM_FORM } from '../server/arm.ts'
import type { AzureState } from '../state.ts'

export interface ArmParts {
  readonly state: AzureState
  readonly sizes: Sizes
  readonly origin: () => string
  /** Saved SKU entries, which go before those made from the sizes. */
  readonly savedSkus: readonly SavedSku[]
}

export interface SavedSku {
  readonly name: string
  readonly locations: readonly string[]
  readonly [member: string]: unknown
}

/** Versions of Microsoft.Resources; the first is the default of @azure/arm-resources 8. */
export const RESOURCES_VERSIONS = ['2025-04-01', '2024-11-01', '2024-07-01', '2024-03-01', '2022-09-01', '2021-04-01']
export const SUBSCRIPTION_VERSIONS = ['2022-12-01', '2021-10-01', '2021-01-01', '2020-01-01']
export const AUTHORIZATION_VERSIONS = ['2022-04-01']
export const IDENTITY_VERSIONS = ['2024-11-30', '2023-01-31']
export const SKUS_VERSIONS = ['2021-07-01']
export const USAGES_VERSIONS = ['2026-04-01', '2026-03-01', '2025-04-01', '2024-11-01', '2024-07-01']

export const armFault = (status: number, error: readonly [string, string]): AzureFaultError =>
  fault(status, error, ARM_FORM)

/** `tagName eq 'a' and tagValue eq 'b'`, as lists of groups and resources take it. */
export const byTag = (filter: string | null) => {
  const name = /tagName eq '([^']*)'/i.exec(filter ?? '')?.[1]
  const value = /tagValue eq '([^']*)'/i.exec(filter ?? '')?.[1]
  return ({ tags }: { readonly tags?: Readonly<Record<string, string>> }): boolean => {
    if (name === undefined) return true
    const found = Object.entries(tags ?? {}).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1]
    return found !== undefined && (value === undefined || found === value)
  }
}
