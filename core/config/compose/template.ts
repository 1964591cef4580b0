// Variables in text: $NAME, ${NAME}, ${NAME:-default}, ${NAME:?message}, ${NAME:+other}, $$. One replacement may span
// to the last brace of the line; what follows its own closing brace is then replaced in turn.

export type Lookup = (name: string) => string | undefined

export interface Substitution {
  readonly value: string
  /** Names whose values went into the text. */
  readonly used: readonly string[]
  /** Names that had no value and no default. */
  readonly missing: readonly string[]
}

export type TemplateFault =
  | { readonly kind: 'invalid'; readonly template: string }
  | { readonly kind: 'required'; readonly variable: string; readonly reason: string }

export type Substituted = { readonly ok: Substitution } | { readonly fault: TemplateFault }

const VARIABLE = /\$(?:(\$)|([_a-z][_a-z0-9]*)|\{(?:([_a-z][_a-z0-9]*(?::?[-+?]([^\n]*))?)\}|()))/gi

interface Trace {
  readonly lookup: Lookup
  readonly used: Set<string>
  readonly missing: Set<string>
  readonly faults: TemplateFault[]
}

export const substitute = (template: string, lookup: Lookup): Substituted => {
  if (!template.includes('$')) return { ok: { value: template, used: [], missing: [] } }
  const trace: Trace = { lookup, used: new Set(), missing: new Set(), faults: [] }
  const value = replaceAll(template, trace)
  const fault = trace.faults[0]
  return fault === undefined ? { ok: { value, used: [...trace.used], missing: [...trace.missing] } } : { fault }
}

/** What cannot be replaced becomes empty; the first fault is the one that is told. */
const fail = (trace: Trace, fault: TemplateFault): string => {
  trace.faults.push(fault)
  return ''
}

const replaceAll = (template: string, trace: Trace): string =>
  template.replace(VARIABLE, (found) => replaceOne(found, template, trace))

const replaceOne = (found: string, template: string, trace: Trace): string => {
  const operator = firstOperator(found)
  const close = closingBrace(found)
  const own = close < 0 ? found : found.slice(0, close + 1)
  const rest = close < 0 ? '' : found.slice(close + 1)
  const [, escaped, named, braced] = new RegExp(VARIABLE.source, 'i').exec(own) ?? []
  if (escaped) return escaped
  if (named) return plain(named, trace)
  if (!braced) return fail(trace, { kind: 'invalid', template })
  if (operator === undefined || !braced.includes(operator)) return plain(braced, trace)
  return applied(braced, operator, trace) + replaceAll(rest, trace)
}

const plain = (name: string, trace: Trace): string => {
  const value = seek(name, trace)
  if (value === undefined) trace.missing.add(name)
  return value ?? ''
}

const seek = (name: string, trace: Trace): string | undefined => {
  const value = trace.lookup(name)
  if (value !== undefined) trace.used.add(name)
  return value
}

const OPERATORS = [':?', '?', ':-', '-', ':+', '+'] as const
type Operator = (typeof OPERATORS)[number]

// The operator that stands first decides, wherever in the matched text it stands.
const firstOperator = (found: string): Operator | undefined => {
  let best: { readonly at: number; readonly operator: Operator } | undefined
  for (const operator of OPERATORS) {
    const at = found.indexOf(operator)
    if (at >= 0 && (best === undefined || at < best.at)) best = { at, operator }
  }
  return best?.operator
}

const applied = (braced: string, operator: Operator, trace: Trace): string => {
  const at = braced.indexOf(operator)
  const name = braced.slice(0, at)
  const argument = braced.slice(at + operator.length)
  const value = trace.lookup(name)
  const counts = value !== undefined && (!operator.startsWith(':') || value !== '')
  if (operator.endsWith('+')) return counts ? replaceAll(argument, trace) : (value ?? '')
  if (counts) return seek(name, trace) ?? ''
  const other = replaceAll(argument, trace)
  if (operator.endsWith('?')) return fail(trace, { kind: 'required', variable: name, reason: other })
  return other
}

const closingBrace = (found: string): number => {
  let open = 0
  for (let i = 0; i < found.length; i++) {
    if (found[i] === '}' && --open === 0) return i
    if (found[i] === '{') {
      open++
      i++
    }
  }
  return -1
}
