// What is made before it may start: while a first deploy waits only for others to start, its containers are created, so
// that nothing but their start is left then. Processes have no such step. Whatever may not wait that way any more goes.
import { isAhead, type SpecVersion, slotOf, type Work } from '../model.ts'
import { type Change, endOf, type WorkView } from './decide.ts'
import type { Gate } from './dependencies.ts'
import type { SlotView } from './service.ts'

interface AheadInput {
  readonly work: Work
  readonly spec: SpecVersion
  readonly gate: Gate
  readonly now: number
}

/**
 * The slots whose container is to be made now. Only of a first deploy: no older replica holds a port, a volume or a name.
 * Only when what is waited for has its own place: what waits must never take the room that it waits for.
 */
export const slotsToMake = (slots: readonly SlotView[], input: AheadInput): readonly SlotView[] => {
  if (!mayMake(input)) return []
  return slots.filter((s) => {
    const memory = slotOf(input.work, s.slot)
    const free = s.old.length === 0 && s.leaving.length === 0
    return s.current === undefined && s.ahead === undefined && free && !memory.finished && memory.notBefore <= input.now
  })
}

const mayMake = ({ work, spec, gate }: AheadInput): boolean =>
  gate.kind === 'waits' && gate.soon && work.rollout.kind === 'create' && spec.body.driver === 'docker'

/** What was made ahead for nothing: of another spec, beside a replica, or for a start that is not near any more. */
export const endsOfAhead = (view: WorkView, slots: readonly SlotView[], input: AheadInput): readonly Change[] => {
  const { gate } = input
  const mayStay = gate.kind === 'open' || mayMake(input)
  const next = new Set(slots.filter((s) => s.current === undefined && s.old.length === 0).map((s) => s.ahead))
  const wanted = new Set(slots.map((s) => s.slot))
  return view.allocs
    .filter((a) => isAhead(a) && wanted.has(a.slot) && !(mayStay && next.has(a)))
    .flatMap((a) => endOf(a, mayStay ? 'its spec changed' : gate.because))
}
