// How the engine tells what it does: numbered, timed events, and one result at the end whatever happened.
import { exitOf, isStormportError, StormportError } from '../errors.ts'
import type { Diagnostic } from '../model/diagnostic.ts'
import type { Event, EventType, Result, TargetOutcome } from '../model/event.ts'
import type { EngineDeps } from './api.ts'
import { createChannel } from './channel.ts'

export interface About {
  readonly target?: string
  readonly service?: string
  readonly data?: unknown
}

export type Say = (type: EventType, code: string, message: string, about?: About) => void

export const result = (
  exitCode: number,
  targets: readonly TargetOutcome[],
  more: { readonly leftBehind?: readonly string[]; readonly next?: readonly string[] } = {},
): Result => ({
  ok: exitCode === 0,
  exitCode,
  summary: { targets, leftBehind: more.leftBehind ?? [], next: more.next ?? [] },
})

export const sayDiagnostics = (say: Say, diagnostics: readonly Diagnostic[]): void => {
  for (const d of diagnostics) {
    const about: About = {
      data: d,
      ...(d.target === undefined ? {} : { target: d.target }),
      ...(d.service === undefined ? {} : { service: d.service }),
    }
    say('diagnostic', d.code, d.message, about)
  }
}

/** The finding that an error stands for; an unknown error is our own bug and keeps its message, never its values. */
export const diagnosticOf = (error: unknown): Diagnostic => {
  if (!isStormportError(error)) {
    return {
      code: 'SP9001',
      severity: 'error',
      message: `internal error: ${error instanceof Error ? error.message : String(error)}`,
      hint: 'run again; if it stays, report it with the output of stormport doctor',
    }
  }
  const { diagnostic, hint, span, target, service } = error.details
  return {
    code: diagnostic ?? `SP-${error.code}`,
    severity: 'error',
    message: error.message,
    ...(hint === undefined ? {} : { hint }),
    ...(span === undefined ? {} : { span }),
    ...(target === undefined ? {} : { target }),
    ...(service === undefined ? {} : { service }),
  }
}

/** The user stopped the work, or something else did: a lock that was taken over. */
export const exitOfAbort = (signal: AbortSignal): number =>
  exitOf(isStormportError(signal.reason) ? signal.reason.code : 'Aborted')

export const exitOfError = (error: unknown, signal: AbortSignal): number => {
  if (signal.aborted) return exitOfAbort(signal)
  return isStormportError(error) ? exitOf(error.code) : 1
}

/** Runs `work` and streams what it says; a thrown error becomes a diagnostic and a result, so that readers always get both. */
export const streamOf = (
  app: string,
  deps: EngineDeps,
  signal: AbortSignal,
  work: (say: Say) => Promise<Result>,
): AsyncIterable<Event> => {
  const channel = createChannel<Event>()
  let seq = 0
  const say: Say = (type, code, message, about = {}) => {
    seq += 1
    channel.push({ type, seq, time: new Date(deps.clock.now()).toISOString(), app, code, message, ...about })
  }
  const run = async (): Promise<void> => {
    const outcome = await work(say).catch((error: unknown) => {
      sayDiagnostics(say, [diagnosticOf(error)])
      return result(exitOfError(error, signal), [])
    })
    say('result', outcome.ok ? 'SP-I9000' : 'SP-I9001', outcome.ok ? 'done' : `ended with exit ${outcome.exitCode}`, {
      data: outcome,
    })
    channel.end()
  }
  run().catch((error: unknown) => channel.fail(error))
  return channel.items
}

export const aborted = (): StormportError => new StormportError('Aborted', 'interrupted', { source: 'user' })
