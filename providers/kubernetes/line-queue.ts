// Many writers, one reader: lines in the order in which they came.
import type { LogLine } from '../../core/model/replica.ts'

export interface LineQueue {
  push(line: LogLine): void
  end(): void
  fail(error: unknown): void
  lines(signal: AbortSignal): AsyncIterable<LogLine>
}

export const createLineQueue = (): LineQueue => {
  const waiting: LogLine[] = []
  let ended: { readonly error: unknown } | null = null
  let wake = (): void => {}
  const finish = (error: unknown): void => {
    ended ??= { error }
    wake()
  }
  return {
    push: (line) => {
      waiting.push(line)
      wake()
    },
    end: () => finish(null),
    fail: finish,
    lines: async function* (signal) {
      for (;;) {
        yield* waiting.splice(0)
        if (signal.aborted) return
        if (waiting.length > 0) continue
        if (ended?.error) throw ended.error
        if (ended !== null) return
        await new Promise<void>((resolve) => {
          wake = resolve
          signal.addEventListener('abort', () => resolve(), { once: true })
        })
      }
    },
  }
}
