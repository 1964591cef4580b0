// A stream that is read in the background while a case goes on.

/** Reads a stream in the background; `end` aborts it and waits until it has let go. */
export const collect = <T>(open: (signal: AbortSignal) => AsyncIterable<T>) => {
  const abort = new AbortController()
  const items: T[] = []
  const failed: unknown[] = []
  const done = (async () => {
    for await (const item of open(abort.signal)) items.push(item)
  })().catch((error: unknown) => {
    if (!abort.signal.aborted) failed.push(error)
  })
  const end = (): Promise<void> => {
    abort.abort()
    return done
  }
  return { items, failed, end }
}
