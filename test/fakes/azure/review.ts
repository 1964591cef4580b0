// What an API server asks about a bearer token (authentication.k8s.io/v1 TokenReview): only tokens for the AKS server
// application are anybody's, and Azure RBAC roles on the cluster become groups that a test may bind.
import { AKS_SERVER_APP, type Entra } from './entra.ts'
import type { Incoming, Outgoing } from './server/listen.ts'
import type { AzureState } from './state.ts'

/** Role → group. Cluster administrators need no binding (azure built-in roles, containers). */
export const RBAC_GROUPS: Readonly<Record<string, string>> = {
  'b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b': 'system:masters',
  '3498e952-d568-435e-9b2c-8d77e338d7f7': 'azure:rbac:admin',
  'a7ffa36f-339b-4b5c-8bdf-e2c188b2c0eb': 'azure:rbac:writer',
  '7f6c6a51-bcf8-42ba-9220-52d62157d7db': 'azure:rbac:reader',
}

interface Review {
  readonly apiVersion?: string
  readonly spec?: { readonly token?: string }
}

export const createReviewer =
  (state: AzureState, entra: Entra, now: () => number) =>
  ({ body }: Incoming): Promise<Outgoing> => {
    const review = JSON.parse(body) as Review
    const found = entra.find(review.spec?.token ?? '')
    const valid = found !== null && found.audience === AKS_SERVER_APP && found.expiresAtMs > now()
    const user = valid
      ? { username: found.objectId, uid: found.objectId, groups: groupsOf(state, found.objectId) }
      : null
    const status =
      user === null ? { authenticated: false, error: 'not a token for this cluster' } : { authenticated: true, user }
    const answer = { apiVersion: review.apiVersion ?? 'authentication.k8s.io/v1', kind: 'TokenReview', status }
    return Promise.resolve({
      kind: 'reply',
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(answer),
    })
  }

const groupsOf = (state: AzureState, principalId: string): readonly string[] => [
  'system:authenticated',
  ...[...state.assignments.values()]
    .filter((each) => each.principalId === principalId)
    .flatMap((each) => RBAC_GROUPS[(each.roleDefinitionId.split('/').at(-1) ?? '').toLowerCase()] ?? []),
]
