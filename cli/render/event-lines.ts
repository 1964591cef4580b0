// Streams with --json: one object a line, first the version, last the result, numbered without gaps (DESIGN section 9).
import type { Diagnostic } from '../../core/model/diagnostic.ts'
import type { Event, Result } from '../../core/model/event.ts'
import { packageVersion } from '../version.ts'

export const SCHEMA = 'stormport/1'

export interface EventLines {
  /** The line of any event but the result; before the first one comes the version line. */
  event(event: Event): string
  diagnostic(finding: Diagnostic): string
  result(result: Result): string
}

export const createEventLines = (app: string, now: () => number): EventLines => {
  let seq = 0
  const line = (fields: Readonly<Record<string, unknown>>): string => `${JSON.stringify({ ...fields, seq: seq++ })}\n`
  const own = (type: string, code: string, message: string): Readonly<Record<string, unknown>> => ({
    type,
    time: new Date(now()).toISOString(),
    app,
    code,
    message,
  })
  const first = (): string =>
    seq > 0
      ? ''
      : line({
          ...own('version', 'SP-I0000', `stormport ${packageVersion()}`),
          schema: SCHEMA,
          stormport: packageVersion(),
          data: null,
        })
  return {
    event: (event) => first() + line({ ...event, data: event.data ?? null }),
    diagnostic: (finding) =>
      first() + line({ ...own('diagnostic', finding.code, finding.message), ...about(finding), data: finding }),
    result: (result) =>
      first() +
      line({
        ...own(
          'result',
          result.ok ? 'SP-I9000' : 'SP-I9001',
          result.ok ? 'done' : `ended with exit ${result.exitCode}`,
        ),
        ...result,
        data: null,
      }),
  }
}

const about = (finding: Diagnostic): Readonly<Record<string, string>> => ({
  ...(finding.target === undefined ? {} : { target: finding.target }),
  ...(finding.service === undefined ? {} : { service: finding.service }),
})
