// Waits for infrastructure: asks the cloud again and again, soon at first and less often later, until the objects that a
// step needs are ready or gone. A failure that the cloud calls final ends the wait within one poll.
import type { ObservedObject } from '../../model/replica.ts'
import type { Running } from '../change.ts'
import type { Settled } from '../settle.ts'
import type { InfraLook } from './look.ts'

const SOON_MS = 5_000
const LATER_MS = 10_000
const SOON_FOR_MS = 60_000

export interface InfraWait {
  /** Object id → hash. */
  readonly want: ReadonlyMap<string, string>
  readonly gone: ReadonlySet<string>
  readonly deadlineMs: number
}

export interface InfraSettled {
  readonly settled: Settled
  /** As last seen. */
  readonly objects: readonly ObservedObject[]
}

export const awaitInfra = async (
  look: InfraLook,
  wait: InfraWait & { readonly fleet: Parameters<InfraLook['infrastructure']['observe']>[1] },
  run: Running,
): Promise<InfraSettled> => {
  const { clock } = run.deps
  const startedMs = clock.now()
  const told = new Map<string, string>()
  for (;;) {
    const state = await look.infrastructure.observe(look.target, wait.fleet, run.signal)
    const objects = new Map(state.objects.map((object) => [object.id, object]))
    const verdict = judgeInfra(objects, wait)
    if (verdict !== null) return { settled: verdict, objects: state.objects }
    tell(look.target.name, { objects, wait, told }, run)
    if (clock.now() >= wait.deadlineMs) return { settled: late(objects, wait), objects: state.objects }
    const everyMs = clock.now() - startedMs < SOON_FOR_MS ? SOON_MS : LATER_MS
    await clock.sleep(Math.min(everyMs, Math.max(0, wait.deadlineMs - clock.now())), run.signal)
  }
}

/**
 * Ready is what the cloud calls so, whatever hash it carries: a change that takes several steps is planned anew when the
 * first is done, and waiting for the last would be for ever.
 */
const judgeInfra = (objects: ReadonlyMap<string, ObservedObject>, wait: InfraWait): Settled | null => {
  const wanted = [...wait.want.keys()].map((id) => objects.get(id))
  const failed = wanted.find((object) => object?.readiness.state === 'failed' && !object.readiness.retriable)
  if (failed !== undefined) {
    const { reason, message } = failed.readiness
    return {
      kind: 'failed',
      service: failed.name,
      cause: reason ?? null,
      reason: message ?? reason ?? 'it failed',
      logs: [],
    }
  }
  const ready = wanted.every((object) => object?.readiness.state === 'ready')
  const cleared = [...wait.gone].every((id) => !objects.has(id))
  return ready && cleared ? { kind: 'ready' } : null
}

/** One line when what is waited for says something new; clouds take minutes, and silence looks like a hang. */
const tell = (
  target: string,
  at: {
    readonly objects: ReadonlyMap<string, ObservedObject>
    readonly wait: InfraWait
    readonly told: Map<string, string>
  },
  run: Running,
): void => {
  for (const id of [...at.wait.want.keys(), ...at.wait.gone]) {
    const object = at.objects.get(id)
    if (object === undefined || (object.readiness.state === 'ready' && at.wait.want.has(id))) continue
    const words = object.readiness.message ?? object.readiness.reason ?? object.readiness.state
    if (at.told.get(id) === words) continue
    at.told.set(id, words)
    run.say('health', 'SP-I4070', `${object.kind} ${object.name}: ${words}`, { target })
  }
}

const late = (objects: ReadonlyMap<string, ObservedObject>, wait: InfraWait): Settled => {
  const unready = [...wait.want.keys()].filter((id) => objects.get(id)?.readiness.state !== 'ready')
  const waiting = [...unready, ...[...wait.gone].filter((id) => objects.has(id))]
  return {
    kind: 'late',
    waiting,
    unhealthy: false,
    reason: `${waiting.join(', ')} ${waiting.length === 1 ? 'is' : 'are'} not done yet`,
    logs: [],
  }
}
