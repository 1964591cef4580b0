// Turns a running task that says things into an async iterable: what was said first comes first, and it ends with the task.

export interface Channel<T> {
  push(item: T): void
  end(): void
  fail(error: unknown): void
  readonly items: AsyncIterable<T>
}

export const createChannel = <T>(): Channel<T> => {
  const queue: T[] = []
  let wake: (() => void) | null = null
  let done = false
  let failure: { readonly error: unknown } | null = null
  const notify = (): void => {
    wake?.()
    wake = null
  }
  async function* drain(): AsyncGenerator<T> {
    for (;;) {
      const next = queue.shift()
      if (next !== undefined) yield next
      else if (failure) throw failure.error
      else if (done) return
      else await new Promise<void>((resolve) => (wake = resolve))
    }
  }
  return {
    push: (item) => {
      queue.push(item)
      notify()
    },
    end: () => {
      done = true
      notify()
    },
    fail: (error) => {
      failure = { error }
      notify()
    },
    items: drain(),
  }
}
