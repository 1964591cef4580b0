// A value that cannot be printed. It carries its name and, once the target's key is known, an HMAC that stands for the
// value in bodies, hashes, releases and diffs; the value itself leaves only through reveal(), on the way to the target.
import { createHmac } from 'node:crypto'
import { inspect } from 'node:util'

/** How a secret looks in JSON: `ref` is 64 hex of HMAC-SHA-256, or 'new' where the target's key is not known. */
export interface SecretJson {
  readonly secret: string
  readonly name: string
}

export class Secret {
  /** Where it stands: 'web.environment.DB_PASSWORD', 'secrets.token', 'web.command.2'. */
  readonly name: string
  readonly ref: string
  readonly #value: string | undefined

  constructor(name: string, value: string | undefined, ref = 'new') {
    this.name = name
    this.ref = ref
    this.#value = value
  }

  /** The value, or undefined where only the reference is known (a stored release). */
  reveal(): string | undefined {
    return this.#value
  }

  /** The same secret under a target's key (hex). A secret without value keeps the reference it has. */
  keyed(keyHex: string): Secret {
    if (this.#value === undefined) return this
    const mac = createHmac('sha256', Buffer.from(keyHex, 'hex')).update(this.name).update('\0').update(this.#value)
    return new Secret(this.name, this.#value, mac.digest('hex'))
  }

  toJSON(): SecretJson {
    return { secret: this.ref, name: this.name }
  }

  toString(): string {
    return '***'
  }

  [inspect.custom](): string {
    return '***'
  }
}

export type Text = string | Secret

export const isSecretJson = (value: unknown): value is SecretJson =>
  typeof value === 'object' &&
  value !== null &&
  'secret' in value &&
  'name' in value &&
  typeof value.secret === 'string' &&
  typeof value.name === 'string' &&
  Object.keys(value).length === 2
