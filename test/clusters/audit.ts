// The API server's own record of who asked what: proof of what a client sent that does not rest on the client. One line a
// request, written before the answer goes out.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface AuditedRequest {
  /** get, list, watch, create, update, patch, delete, deletecollection */
  readonly verb: string
  /** Path with query. */
  readonly uri: string
  readonly status: number
  /** '' where the request is about no object. */
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
  readonly name: string
}

interface Entry {
  readonly user: { readonly username: string }
  readonly verb: string
  readonly requestURI: string
  readonly requestReceivedTimestamp: string
  readonly responseStatus?: { readonly code?: number }
  readonly objectRef?: Readonly<Partial<Record<'resource' | 'subresource' | 'namespace' | 'name', string>>>
}

const logOf = (folder: string): string => join(folder, 'audit.log')

export const auditFlags = async (folder: string, users: readonly string[] | undefined): Promise<readonly string[]> => {
  if (users === undefined) return []
  const policy = join(folder, 'audit-policy.json')
  const stages = { omitStages: ['RequestReceived', 'ResponseStarted'] }
  const rules = [{ level: 'Metadata', users, ...stages }, { level: 'None' }]
  await writeFile(policy, JSON.stringify({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules }))
  return [`--audit-policy-file=${policy}`, `--audit-log-path=${logOf(folder)}`, '--audit-log-mode=blocking-strict']
}

/** Every request of the user so far, in the order in which they came. A watch is in it once it has ended. */
export const requestsOf = async (
  plane: { readonly folder: string },
  user: string,
): Promise<readonly AuditedRequest[]> =>
  (await readFile(logOf(plane.folder), 'utf8'))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Entry)
    .filter((entry) => entry.user.username === user)
    .sort((a, b) => (a.requestReceivedTimestamp < b.requestReceivedTimestamp ? -1 : 1))
    .map(({ verb, requestURI, responseStatus, objectRef }) => ({
      verb,
      uri: requestURI,
      status: responseStatus?.code ?? 0,
      resource: objectRef?.resource ?? '',
      subresource: objectRef?.subresource ?? '',
      namespace: objectRef?.namespace ?? '',
      name: objectRef?.name ?? '',
    }))
