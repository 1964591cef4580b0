// Runs a command in the main container of a replica.
import type { Replica } from '../../core/model/replica.ts'
import type { ExecIo } from '../../core/ports.ts'
import { execInPod } from './client/exec-stream.ts'
import { POD, pathOf } from './client/kinds.ts'
import type { Cluster } from './cluster.ts'
import { execError, missingReplica } from './errors.ts'
import { listAt, textAt } from './raw.ts'

export interface ExecWish {
  readonly app: string
  readonly replica: Replica
  readonly argv: readonly string[]
  readonly io: ExecIo
}

export const execIn = async (cluster: Cluster, wish: ExecWish, signal: AbortSignal): Promise<number> => {
  const namespace = cluster.namespace(wish.app)
  const { name } = wish.replica.native
  const pod = await cluster.api.find(pathOf(POD, { namespace, name }), signal)
  if (pod === null) throw missingReplica(wish.replica.id)
  const container = textAt(listAt(pod, 'spec.containers')[0], 'name') ?? ''
  const request = { namespace, pod: name, container, argv: wish.argv }
  try {
    return await Promise.race([execInPod(cluster.api, { request, io: wish.io }, signal), aborted(signal)])
  } catch (error) {
    signal.throwIfAborted()
    throw execError(error, cluster.api.access.server)
  }
}

/** Loading and connecting cannot be called off themselves. */
const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
