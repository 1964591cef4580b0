// Strings of Compose as Kubernetes takes them. Kubernetes expands $(NAME) in commands, arguments and environment values,
// which Compose does not: dollars that would be read so are doubled.
import { Secret, type Text } from '../../../core/model/secret.ts'

/** `$$` is read as one dollar and `$(` opens a reference; a single dollar before anything else stands for itself. */
export const escaped = (text: string): string =>
  text.replaceAll(/\$+(?=(\(?))/g, (run, next: string) => (run.length > 1 || next === '(' ? run + run : run))

/** A word of a command: a secret is passed as an environment key and referenced. */
export const word = (text: Text, key: string): string => (text instanceof Secret ? `$(${key})` : escaped(text))

/** For sh -c: the text as one word, nothing in it expanded. */
export const shellQuoted = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`

export const secretKey = (field: string, index: number): string => `STORMPORT_${field.toUpperCase()}_${index}`
