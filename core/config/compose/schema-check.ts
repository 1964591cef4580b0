// Holds a tree against the rules and reports everything that breaks them. What is wrong is taken out of the tree, so
// that the stages after it see only sound values and go on to find the rest.
import { didYouMean } from '../suggest.ts'
import type { Findings } from './findings.ts'
import { compareText } from './go-text.ts'
import { equal, type ListNode, type MapNode, type Mark, markOf, type Node } from './node.ts'
import { into, serviceOf, shown, type Trail } from './pattern.ts'
import type { ListRule, MapRule, Rule, ScalarRule, ScalarType } from './rule.ts'

interface Check {
  readonly findings: Findings
  /** Services in which something was taken out: nothing may be concluded from what they lack. */
  readonly damaged: Set<string>
  readonly trail: Trail
}

const inside = (check: Check, key: string): Check => ({ ...check, trail: into(check.trail, key) })

/** Removes what is refused; false when the whole value is. */
export const checkSchema = (node: Node, rule: Rule, check: Check): boolean => {
  const option = choose(node, rule)
  if (option === undefined) {
    return refuse(node, check, { code: 'SP1102', message: `${name(check.trail)} must be ${wanted(rule)}` })
  }
  if (option.kind === 'scalar') return checkScalar(node, option, check)
  if (option.kind === 'list' && node.kind === 'list') return checkList(node, option, check)
  if (option.kind === 'map' && node.kind === 'map') return checkMap(node, option, check)
  return finite(node, check)
}

const finite = (node: Node, check: Check): boolean => {
  if (node.kind === 'float' && !Number.isFinite(node.value)) {
    return refuse(node, check, { code: 'SP1104', message: `${name(check.trail)} must be a finite number` })
  }
  if (node.kind === 'list') node.items.every((item, i) => finite(item, inside(check, String(i))))
  if (node.kind === 'map') for (const [key, value] of node.entries) finite(value, inside(check, key))
  return true
}

interface Refusal {
  readonly code: Parameters<Findings['error']>[0]
  readonly message: string
  readonly hint?: string | undefined
  readonly at?: Mark
}

/** Always false: what it is said of goes. */
const refuse = (node: Node, check: Check, { code, message, hint, at }: Refusal): false => {
  const service = serviceOf(check.trail)
  if (service !== undefined) check.damaged.add(service)
  check.findings.error(code, message, { at: at ?? markOf(node), hint, service })
  return false
}

const name = (trail: Trail): string => (trail.depth === 0 ? 'the file' : shown(trail))

const choose = (node: Node, rule: Rule): Rule | undefined => {
  if (rule.kind !== 'either') return fits(node, rule) ? rule : undefined
  for (const option of rule.options) {
    const found = choose(node, option)
    if (found !== undefined) return found
  }
  return undefined
}

const fits = (node: Node, rule: Rule): boolean => {
  if (rule.kind === 'any') return true
  if (rule.kind === 'list') return node.kind === 'list'
  if (rule.kind === 'map') return node.kind === 'map'
  return rule.kind === 'scalar' && rule.types.some((type) => isOf(node, type))
}

const isOf = (node: Node, type: ScalarType): boolean => {
  switch (type) {
    case 'string':
      return node.kind === 'string' || node.kind === 'time'
    case 'integer':
      return node.kind === 'int' || (node.kind === 'float' && Number.isInteger(node.value))
    case 'number':
      return node.kind === 'int' || node.kind === 'float'
    case 'boolean':
      return node.kind === 'bool'
    case 'null':
      return node.kind === 'null'
  }
}

const WORDS: Readonly<Record<ScalarType, string>> = {
  string: 'a string',
  integer: 'an integer',
  number: 'a number',
  boolean: 'a boolean',
  null: 'null',
}

const wanted = (rule: Rule): string => [...new Set(kinds(rule))].sort(compareText).join(' or ')

const kinds = (rule: Rule): readonly string[] => {
  if (rule.kind === 'either') return rule.options.flatMap(kinds)
  if (rule.kind === 'scalar') return rule.types.map((type) => WORDS[type])
  return [rule.kind === 'list' ? 'a list' : 'a mapping']
}

const checkScalar = (node: Node, rule: ScalarRule, check: Check): boolean => {
  if (!finite(node, check)) return false
  const value = 'value' in node ? node.value : undefined
  if (rule.values !== undefined && typeof value === 'string' && !rule.values.includes(value)) {
    const hint = didYouMean(value, rule.values)
    return refuse(node, check, {
      code: 'SP1104',
      message: `${name(check.trail)} must be one of ${rule.values.join(', ')}`,
      hint,
    })
  }
  if (rule.pattern !== undefined && typeof value === 'string' && !rule.pattern.test(value)) {
    return refuse(node, check, {
      code: 'SP1104',
      message: `${name(check.trail)} does not match ${rule.pattern.source}`,
    })
  }
  return inRange(node, rule, check)
}

const inRange = (node: Node, rule: ScalarRule, check: Check): boolean => {
  if (node.kind !== 'int' && node.kind !== 'float') return true
  if (rule.min !== undefined && node.value < rule.min) {
    return refuse(node, check, { code: 'SP1104', message: `${name(check.trail)} must be at least ${rule.min}` })
  }
  if (rule.max !== undefined && node.value > rule.max) {
    return refuse(node, check, { code: 'SP1104', message: `${name(check.trail)} must be at most ${rule.max}` })
  }
  return true
}

const checkList = (node: ListNode, rule: ListRule, check: Check): boolean => {
  const sound = node.items.filter((item, i) => checkSchema(item, rule.item, inside(check, String(i))))
  if (rule.unique) reportRepeats(sound, check)
  node.items.splice(0, node.items.length, ...sound)
  return true
}

const reportRepeats = (items: readonly Node[], check: Check): void => {
  for (const [i, item] of items.entries()) {
    const first = items.findIndex((other) => equal(other, item))
    if (first < i)
      refuse(item, check, {
        code: 'SP1105',
        message: `${name(check.trail)} holds items ${first + 1} and ${i + 1} alike`,
      })
  }
}

const checkMap = (node: MapNode, rule: MapRule, check: Check): boolean => {
  for (const key of rule.required) if (!node.entries.has(key)) missing(node, key, check)
  if (rule.someOf.length > 0 && !rule.someOf.some((key) => node.entries.has(key))) {
    missing(node, rule.someOf.join(' or '), check)
  }
  for (const [key, value] of [...node.entries]) {
    const inner = ruleFor(key, rule)
    const sound =
      inner === 'unknown' ? unknownKey(value, { key, rule }, check) : checkSchema(value, inner, inside(check, key))
    if (!sound) node.entries.delete(key)
  }
  return true
}

const missing = (node: MapNode, key: string, check: Check): false =>
  refuse(node, check, { code: 'SP1103', message: `${name(check.trail)} lacks the key ${key}` })

const ANY: Rule = { kind: 'any' }

const ruleFor = (key: string, rule: MapRule): Rule | 'unknown' => {
  const known = Object.hasOwn(rule.keys, key) ? rule.keys[key] : undefined
  if (known !== undefined) return known
  if (rule.named?.pattern.test(key)) return rule.named.rule
  if (rule.extensible && key.startsWith('x-')) return ANY
  return rule.closed ? 'unknown' : ANY
}

interface Unknown {
  readonly key: string
  readonly rule: MapRule
}

const unknownKey = (value: Node, { key, rule }: Unknown, check: Check): false => {
  const known = Object.keys(rule.keys)
  const where = name(check.trail)
  const message =
    known.length > 0
      ? `unknown key ${JSON.stringify(key)} in ${where}`
      : `${JSON.stringify(key)} is not allowed as a name in ${where}`
  return refuse(value, check, { code: 'SP1101', message, at: value.keyAt ?? value.at, hint: didYouMean(key, known) })
}
