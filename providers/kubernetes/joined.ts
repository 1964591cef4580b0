// Writes of many to one object, joined: what is asked for while a write is under way goes into the next one together. Each
// caller waits for the write that carries its own part, so that "first the one, then the other" stays true.

export type Part = Readonly<Record<string, string | null>>

export interface Joined {
  /** `write` gets what has gathered for the key; of two parts with the same name the later one counts. */
  write(key: string, part: Part, write: (all: Part) => Promise<void>): Promise<void>
}

interface Gathering {
  readonly parts: Part[]
  readonly written: Promise<void>
}

export const createJoined = (): Joined => {
  const gathering = new Map<string, Gathering>()
  const running = new Map<string, Promise<void>>()
  return {
    write: (key, part, write) => {
      const open = gathering.get(key)
      if (open !== undefined) {
        open.parts.push(part)
        return open.written
      }
      const parts = [part]
      const start = (): Promise<void> => {
        gathering.delete(key)
        return write(Object.assign({}, ...parts))
      }
      // What came before has told its own callers how it ended.
      const written = (running.get(key) ?? Promise.resolve()).then(start, start)
      gathering.set(key, { parts, written })
      running.set(key, written)
      return written
    },
  }
}
