// Work on one name happens in turn, work on different names side by side. An engine checks names without a lock: two
// creates at once of one network give two networks of that name.

export type InTurn = <T>(name: string, work: () => Promise<T>) => Promise<T>

export const createInTurn = (): InTurn => {
  const last = new Map<string, Promise<unknown>>()
  return async (name, work) => {
    // Set before anything is awaited, so that callers of the same moment queue up behind each other.
    const mine = (last.get(name) ?? Promise.resolve()).catch(() => {}).then(work)
    last.set(name, mine)
    try {
      return await mine
    } finally {
      if (last.get(name) === mine) last.delete(name)
    }
  }
}

export interface Fresh {
  /** As `work`, but asks again only when the last success is older than a moment. */
  readonly ask: InTurn
  /** What it is about has just been changed. */
  readonly forget: (name: string) => void
}

/** Replicas of one service start together and need the same things. */
const FRESH_MS = 1_000

/** `now` in milliseconds. */
export const createFresh = (now: () => number): Fresh => {
  const answers = new Map<string, { readonly at: number; readonly answer: unknown }>()
  const dropOld = (): void => {
    for (const [name, { at }] of answers) if (now() - at >= FRESH_MS) answers.delete(name)
  }
  return {
    ask: async <T>(name: string, work: () => Promise<T>): Promise<T> => {
      dropOld()
      const found = answers.get(name)
      // A name stands for one kind of work, so that the answer is of its type.
      if (found !== undefined) return found.answer as T
      const answer = await work()
      answers.set(name, { at: now(), answer })
      return answer
    },
    forget: (name) => void answers.delete(name),
  }
}
