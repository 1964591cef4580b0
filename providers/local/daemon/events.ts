// The stored events of an app as a stream: what is kept, then, when following, each as it is written.
import type { TargetEvent } from '../../../core/model/target-event.ts'
import type { EventsParams } from '../protocol.ts'
import type { ControlPlane } from './control-plane.ts'
import type { AppKey } from './store.ts'

export const streamEvents = async function* (
  params: EventsParams,
  plane: ControlPlane,
  signal: AbortSignal,
): AsyncIterable<TargetEvent> {
  await plane.targets.open(params.target, signal)
  const key: AppKey = { target: params.target.name, app: params.app }
  const changes = createBell()
  const unlisten = plane.ledger.onChange((changed) => {
    if (changed.target === key.target && changed.app === key.app) changes.ring()
  })
  signal.addEventListener('abort', changes.ring)
  try {
    let after = 0
    do {
      for (const { seq, event } of plane.ledger.store.events(key, after)) {
        after = seq
        if (isAsked(event, params)) yield { target: key.target, ...event }
      }
      if (params.follow && !signal.aborted) await changes.heard()
    } while (params.follow && !signal.aborted)
  } finally {
    unlisten()
    signal.removeEventListener('abort', changes.ring)
  }
}

const isAsked = (event: Omit<TargetEvent, 'target'>, { services, sinceMs }: EventsParams): boolean =>
  (services.length === 0 || services.includes(event.service ?? '')) &&
  (sinceMs === null || Date.parse(event.at) >= sinceMs)

/** A ring while nobody listens is kept. */
const createBell = (): { readonly ring: () => void; heard(): Promise<void> } => {
  let rung = false
  let wake: (() => void) | null = null
  return {
    ring: () => {
      rung = true
      wake?.()
    },
    heard: async () => {
      if (!rung) await new Promise<void>((resolve) => (wake = resolve))
      wake = null
      rung = false
    },
  }
}
