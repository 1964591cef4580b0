// What is left with our tags after everything was to be gone. Prices are not asked here: null says so.
import type { Fleet } from '../../../core/model/fleet.ts'
import { ownerOf } from '../../../core/model/infra-owner.ts'
import type { Leftover } from '../../../core/ports.ts'
import type { AksTarget } from '../clusters.ts'
import { azureError } from '../errors.ts'
import { aksSettings } from '../settings.ts'
import { GROUPS_VERSION, record } from './ground.ts'
import { FLEET_TAG, isOurs, type Tags } from './names.ts'

export const leftoversOf = async (aks: AksTarget, fleet: Fleet, signal: AbortSignal): Promise<readonly Leftover[]> => {
  const owner = ownerOf(fleet, aks.target)
  const { subscription } = aksSettings(aks.target)
  const filter = `tagName eq '${FLEET_TAG}' and tagValue eq '${owner.fleet.replaceAll("'", "''")}'`
  await aks.caller(signal)
  const lists = await Promise.all(
    ['resources', 'resourceGroups'].map((what) =>
      aks.clients
        .arm(
          {
            method: 'GET',
            path: `/subscriptions/${subscription}/${what}`,
            version: GROUPS_VERSION,
            query: { $filter: filter },
          },
          signal,
        )
        .catch((error: unknown) => {
          throw azureError(error, 'look for what is left', aks.target.name)
        }),
    ),
  )
  return lists
    .flatMap(({ body }) => {
      const { value } = record(body)
      return Array.isArray(value) ? value.map(record) : []
    })
    .filter((each) => isOurs(record(each['tags']) as Tags, owner))
    .map((each) => ({ kind: kindOf(each), id: String(each['id'] ?? ''), usdPerMonth: null }))
}

/** 'Microsoft.Network/publicIPAddresses' → 'publicIPAddresses'. */
const kindOf = (each: Readonly<Record<string, unknown>>): string =>
  String(each['type'] ?? '')
    .split('/')
    .at(-1) ?? ''
