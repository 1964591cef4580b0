// One daemon a state folder. The lock is the kernel's, on a file that SQLite holds open: it ends with the process however
// that ends, so a stale one cannot exist.
import { chmodSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

/** null: another daemon holds it. The answer gives it up. */
export const takeLock = (path: string): (() => void) | null => {
  const db = new DatabaseSync(path, { timeout: 0 })
  try {
    db.exec('pragma locking_mode = exclusive; begin exclusive')
    chmodSync(path, 0o600)
    return () => db.close()
  } catch {
    db.close()
    return null
  }
}
