// Secret values: files of 0600 in folders of 0700, named by their keyed reference, outside the store. A value is kept as
// long as an object in force, or the release that a rollback would restore, refers to it.
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { StormportError } from '../../../core/errors.ts'
import type { AppKey } from './store.ts'

export interface SecretFiles {
  /** The app's key on this target (hex). */
  key(key: AppKey, create: boolean): string | null
  put(key: AppKey, values: Readonly<Record<string, string>>): void
  has(key: AppKey, ref: string): boolean
  read(key: AppKey, secret: { readonly ref: string; readonly name: string }): string
  /** Removes the values that nobody refers to any more. */
  retain(key: AppKey, refs: ReadonlySet<string>): void
  removeApp(key: AppKey): void
}

const KEY_FILE = 'key'
const REF = /^[0-9a-f]{64}$/

export const createSecretFiles = (root: string): SecretFiles => {
  const folder = ({ target, app }: AppKey): string => join(root, `${app}@${target}`)
  const write = (key: AppKey, name: string, text: string): void => {
    mkdirSync(folder(key), { recursive: true, mode: 0o700 })
    const made = join(folder(key), `.${name}.${process.pid}`)
    writeFileSync(made, text, { mode: 0o600 })
    renameSync(made, join(folder(key), name))
  }
  const read = (key: AppKey, name: string): string | null => {
    try {
      return readFileSync(join(folder(key), name), 'utf8')
    } catch {
      return null
    }
  }
  return {
    key: (key, create) => {
      const found = read(key, KEY_FILE)
      if (found !== null || !create) return found
      const made = randomBytes(32).toString('hex')
      write(key, KEY_FILE, made)
      return made
    },
    put: (key, values) => {
      for (const [ref, value] of Object.entries(values))
        if (REF.test(ref) && !existsSync(join(folder(key), ref))) write(key, ref, value)
    },
    has: (key, ref) => REF.test(ref) && existsSync(join(folder(key), ref)),
    read: (key, { ref, name }) => {
      const value = REF.test(ref) ? read(key, ref) : null
      if (value === null)
        throw new StormportError('InvalidSpec', `the value of secret ${name} is not on this machine`, {
          diagnostic: 'SP4021',
          source: 'target',
          target: key.target,
          hint: 'deploy again from where the value is known',
        })
      return value
    },
    retain: (key, refs) => {
      if (!existsSync(folder(key))) return
      for (const name of readdirSync(folder(key)))
        if (REF.test(name) && !refs.has(name)) rmSync(join(folder(key), name), { force: true })
    },
    removeApp: (key) => rmSync(folder(key), { recursive: true, force: true }),
  }
}
