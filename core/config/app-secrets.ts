// Which strings of a Compose project are secrets (DESIGN section 5): by where a value came from and by the name of the
// key or variable. A false hit only hides a value; `x-stormport.public` takes it back. A miss would print it.
import { Secret, type Text } from '../model/secret.ts'
import type { Origin, Path, Positions } from './types.ts'

/**
 * Published pattern of secret environment keys and variables: the words PASS, PWD, KEY, AUTH, DSN, SALT and CREDS as a
 * part between underscores, the longer ones anywhere. PWD and OLDPWD alone are folders, and what ends in _FILE, _PATH,
 * _DIR, _FOLDER, _PORT or _HOST says where a secret is, not what it is.
 */
export const SECRET_KEY =
  /^(?!.*[_.-](?:FILE|PATH|DIR|FOLDER|PORT|HOST)$)(?:.*(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIAL|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY)|(?:.*[_.-])?(?:PASS|KEY|KEYS|AUTH|DSN|SALT|CREDS)(?:$|[_.-])|.+[_.-]PWD$)/i

export const isSecretKey = (key: string): boolean => SECRET_KEY.test(key)

export interface SecretRules {
  /** An environment value of a service. */
  environment(key: string, value: string, path: Path): Text
  /** A string of command, entrypoint or health check: a secret when anything was put in from outside. */
  text(name: string, value: string, path: Path): Text
  /** Secret variables that were put into a place where secrets cannot be hidden; exempt ones left out. */
  exposed(path: Path): readonly string[]
}

/** Rules of one service; `exempt` = its x-stormport.public. */
export const secretRules = (service: string, positions: Positions, exempt: readonly string[]): SecretRules => ({
  environment(key, value, path) {
    if (exempt.includes(key)) return value
    return isSecretKey(key) || fromOutside(positions.origin(path), exempt)
      ? new Secret(`${service}.environment.${key}`, value)
      : value
  },
  text(name, value, path) {
    return fromOutside(positions.origin(path), exempt) ? new Secret(`${service}.${name}`, value) : value
  },
  exposed(path) {
    return secretVariables(positions.origin(path)).filter((name) => !exempt.includes(name))
  },
})

/** Variables of the published pattern that were put into a value. */
export const secretVariables = (origin: Origin): readonly string[] =>
  origin.kind === 'interpolated' ? origin.variables.filter(isSecretKey) : []

/** True where the value is not literally in the compose files. Exempt variables do not count. */
export const fromOutside = (origin: Origin, exempt: readonly string[]): boolean => {
  switch (origin.kind) {
    case 'literal':
      return false
    case 'interpolated':
      return origin.variables.some((name) => !exempt.includes(name))
    case 'envFile':
      return true
    case 'environment':
      return !exempt.includes(origin.variable)
  }
}
