// Runs a target's waves: the actions of one wave in parallel, at most maxInFlight at a time, each repeated when the target
// says later. Nothing here waits for health; settle.ts does.
import { StormportError } from '../errors.ts'
import type { Action, Wave } from '../model/plan.ts'
import type { EngineDeps } from './api.ts'
import type { Observed } from './observe.ts'
import { withRetry } from './retry.ts'
import type { Say } from './say.ts'

export interface ApplyInput {
  readonly app: string
  readonly release: number
  readonly rollback: boolean
  readonly override?: boolean
  readonly waves: readonly Wave[]
  /** By object id, of what stands already. */
  readonly outputs?: ReadonlyMap<string, Readonly<Record<string, string>>>
}

type Applying = Pick<Observed, 'target' | 'provider'>

/** Said of every step that changed something. */
export const CHANGED = 'SP-I4010'

export const applyWaves = async (
  o: Applying,
  input: ApplyInput,
  deps: EngineDeps,
  context: { readonly say: Say; readonly signal: AbortSignal },
): Promise<void> => {
  const outputs = new Map(input.outputs ?? [])
  for (const wave of input.waves) {
    await eachLimited(wave.actions, o.provider.capabilities.maxInFlight, async (action) => {
      const found = await applyOne(o, { action: resolved(action, outputs), input }, deps, context)
      outputs.set(action.id, found)
    })
  }
}

const applyOne = async (
  o: Applying,
  step: { readonly action: Action; readonly input: ApplyInput },
  deps: EngineDeps,
  context: { readonly say: Say; readonly signal: AbortSignal },
): Promise<Readonly<Record<string, string>>> => {
  const { action, input } = step
  const about = { target: o.target.name, ...(action.service === null ? {} : { service: action.service }) }
  const progress = (message: string): void => context.say('action', 'SP-I4011', message, about)
  const done = await withRetry(
    () =>
      o.provider.apply(o.target, action, {
        app: input.app,
        release: input.release,
        signal: context.signal,
        progress,
        rollback: input.rollback,
        override: input.override ?? false,
      }),
    deps.clock,
    context.signal,
  )
  if (done.changed)
    context.say('action', CHANGED, `${words[action.kind]} ${action.objectKind} ${action.name}`, {
      ...about,
      data: { action: action.kind, id: action.id, because: action.because },
    })
  return done.outputs ?? {}
}

const words: Readonly<Record<Action['kind'], string>> = {
  prepare: 'prepared',
  create: 'created',
  update: 'updated',
  replace: 'replaced',
  move: 'moved',
  scale: 'scaled',
  remove: 'removed',
}

/** Bounded parallelism; the first failure stops new starts and is thrown when the running ones have ended. */
export const eachLimited = async <T>(
  items: readonly T[],
  limit: number,
  step: (item: T) => Promise<void>,
): Promise<void> => {
  const queue = [...items]
  const failures: unknown[] = []
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined && failures.length === 0; item = queue.shift()) {
      await step(item).catch((error: unknown) => failures.push(error))
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, Math.min(limit, items.length)) }, worker))
  if (failures.length > 0) throw failures[0]
}

/** Puts the outputs of earlier steps where a body says { ref: OBJECT-ID, field: NAME }. */
const resolved = (action: Action, outputs: ReadonlyMap<string, Readonly<Record<string, string>>>): Action =>
  action.object === null
    ? action
    : { ...action, object: { ...action.object, body: withOutputs(action.object.body, outputs) } }

const withOutputs = (value: unknown, outputs: ReadonlyMap<string, Readonly<Record<string, string>>>): unknown => {
  if (Array.isArray(value)) return value.map((v) => withOutputs(v, outputs))
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value
  if (isReference(value)) {
    const found = outputs.get(value.ref)?.[value.field]
    if (found === undefined) throw new StormportError('Internal', `${value.ref} gave no ${value.field}`)
    return found
  }
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, withOutputs(v, outputs)]))
}

const isReference = (value: object): value is { readonly ref: string; readonly field: string } =>
  'ref' in value &&
  'field' in value &&
  typeof value.ref === 'string' &&
  typeof value.field === 'string' &&
  Object.keys(value).length === 2
