// One source of driver events, any number of readers. A reader that is slow gets all of them later; none is dropped.
import type { DriverEvent } from '../../daemon/driver.ts'

export interface EventHub {
  emit(event: DriverEvent): void
  /** Ends by the signal. Events count from the call, not from the first `next`. */
  subscribe(signal: AbortSignal): AsyncIterable<DriverEvent>
}

export const createEventHub = (): EventHub => {
  const readers = new Set<(event: DriverEvent) => void>()
  return {
    emit: (event) => {
      for (const reader of readers) reader(event)
    },
    subscribe: (signal) => {
      const queue: DriverEvent[] = []
      let wake = (): void => {}
      const reader = (event: DriverEvent): void => {
        queue.push(event)
        wake()
      }
      readers.add(reader)
      const onAbort = (): void => {
        readers.delete(reader)
        wake()
      }
      signal.addEventListener('abort', onAbort, { once: true })
      const read = async function* (): AsyncGenerator<DriverEvent> {
        try {
          while (!signal.aborted) {
            const next = queue.shift()
            if (next !== undefined) yield next
            else
              await new Promise<void>((resolve) => {
                wake = resolve
              })
          }
        } finally {
          readers.delete(reader)
          signal.removeEventListener('abort', onAbort)
        }
      }
      return read()
    },
  }
}
