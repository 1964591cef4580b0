// Who we are in Azure, held against `tenant:` and `subscription:` before anything else is read or changed.
import { StormportError } from '../../core/errors.ts'
import type { Target } from '../../core/model/fleet.ts'
import type { AzureClients } from './client.ts'
import { azureError } from './errors.ts'
import { aksSettings } from './settings.ts'

export interface Caller {
  readonly tenant: string
  readonly objectId: string
}

const SUBSCRIPTIONS_VERSION = '2022-12-01'

/** @throws StormportError 'Forbidden' when a pin does not hold. */
export const pinnedCaller = async (clients: AzureClients, target: Target, signal: AbortSignal): Promise<Caller> => {
  const { tenant, subscription } = aksSettings(target)
  const caller = await callerOf(clients, signal).catch((error: unknown) => {
    throw azureError(error, 'sign in to Azure', target.name)
  })
  if (tenant !== null && !same(tenant, caller.tenant))
    throw wrong(target, `the credentials are of tenant ${caller.tenant}, ${target.name} is pinned to ${tenant}`)
  const { body } = await clients
    .arm({ method: 'GET', path: `/subscriptions/${subscription}`, version: SUBSCRIPTIONS_VERSION }, signal)
    .catch((error: unknown) => {
      throw azureError(error, `look at subscription ${subscription}`, target.name)
    })
  const home = textOf(body, 'tenantId')
  if (home !== '' && !same(home, caller.tenant))
    throw wrong(target, `subscription ${subscription} lies in tenant ${home}, the credentials are of ${caller.tenant}`)
  return caller
}

/** What the token says of itself: nobody else could be asked without further rights. */
const callerOf = async (clients: AzureClients, signal: AbortSignal): Promise<Caller> => {
  const { token } = await clients.token(clients.armScope, signal)
  const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString() || '{}')
  return { tenant: textOf(claims, 'tid'), objectId: textOf(claims, 'oid') }
}

const textOf = (value: unknown, key: string): string =>
  typeof value === 'object' && value !== null ? String(Reflect.get(value, key) ?? '') : ''

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

const wrong = (target: Target, message: string): StormportError =>
  new StormportError('Forbidden', message, {
    diagnostic: 'SP4503',
    source: 'user',
    target: target.name,
    hint: 'sign in to the right tenant, such as with `az login --tenant ID`, or correct tenant:',
  })
