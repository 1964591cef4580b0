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
