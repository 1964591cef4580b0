// Holds a tree against the rules and reports everything that breaks them. What is wrong is taken out of the tree, so
// that the stages after it see only sound values and go on to find the rest.
import { didYouMean } from '../suggest.ts'
import type { Findings } from './findings.ts'
import { compareText } from './go-text.ts'
import { equal, type ListNode, type MapNode, markOf, type Node } from './node.ts'
import { into, ROOT, serviceOf, shown, type Trail } from './pattern.ts'
import type { ListRule, MapRule, Rule, ScalarRule, ScalarType } from './rule.ts'

interface Check {
  readonly findings: Findings
  /** Services in which something was taken out: nothing may be concluded from what they lack. */
  readonly damaged: Set<string>
}

/** Removes what is refused; false when the whole value is. */
export const checkSchema = (node: Node, rule: Rule, check: Check, trail: Trail = ROOT): boolean => {
  const option = choose(node, rule)
  if (option === undefined) {
    refuse(check, trail, 'SP1102', `${name(trail)} must be ${wanted(rule)}`, node)
    return false
  }
  if (option.kind === 'scalar') return checkScalar(node, option, check, trail)
  if (option.kind === 'list' && node.kind === 'list') return checkList(node, option, check, trail)
  if (option.kind === 'map' && node.kind === 'map') return checkMap(node, option, check, trail)
  return finite(node, check, trail)
}

const finite = (node: Node, check: Check, trail: Trail): boolean => {
  if (node.kind === 'float' && !Number.isFinite(node.value)) {
    refuse(check, trail, 'SP1104', `${name(trail)} must be a finite number`, node)
    return false
  }
  if (node.kind === 'list') node.items.every((item, i) => finite(item, check, into(trail, String(i))))
  if (node.kind === 'map') for (const [key, value] of node.entries) finite(value, check, into(trail, key))
  return true
}

type Code = Parameters<Findings['error']>[0]

const refuse = (check: Check, trail: Trail, code: Code, message: string, node: Node, hint?: string): void => {
  const service = serviceOf(trail)
  if (service !== undefined) check.damaged.add(service)
  check.findings.error(code, message, { at: markOf(node), hint, service })
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

const checkScalar = (node: Node, rule: ScalarRule, check: Check, trail: Trail): boolean => {
  if (!finite(node, check, trail)) return false
  const value = 'value' in node ? node.value : undefined
  if (rule.values !== undefined && typeof value === 'string' && !rule.values.includes(value)) {
    const hint = didYouMean(value, rule.values)
    refuse(check, trail, 'SP1104', `${name(trail)} must be one of ${rule.values.join(', ')}`, node, hint)
    return false
  }
  if (rule.pattern !== undefined && typeof value === 'string' && !rule.pattern.test(value)) {
    refuse(check, trail, 'SP1104', `${name(trail)} does not match ${rule.pattern.source}`, node)
    return false
  }
  return inRange(node, rule, check, trail)
}

const inRange = (node: Node, rule: ScalarRule, check: Check, trail: Trail): boolean => {
  if (node.kind !== 'int' && node.kind !== 'float') return true
  if (rule.min !== undefined && node.value < rule.min) {
    refuse(check, trail, 'SP1104', `${name(trail)} must be at least ${rule.min}`, node)
    return false
  }
  if (rule.max !== undefined && node.value > rule.max) {
    refuse(check, trail, 'SP1104', `${name(trail)} must be at most ${rule.max}`, node)
    return false
  }
  return true
}

const checkList = (node: ListNode, rule: ListRule, check: Check, trail: Trail): boolean => {
  const sound = node.items.filter((item, i) => checkSchema(item, rule.item, check, into(trail, String(i))))
  if (rule.unique) reportRepeats(sound, check, trail)
  node.items.splice(0, node.items.length, ...sound)
  return true
}

const reportRepeats = (items: readonly Node[], check: Check, trail: Trail): void => {
  for (const [i, item] of items.entries()) {
    const first = items.findIndex((other) => equal(other, item))
    if (first < i) refuse(check, trail, 'SP1105', `${name(trail)} holds items ${first + 1} and ${i + 1} alike`, item)
  }
}

const checkMap = (node: MapNode, rule: MapRule, check: Check, trail: Trail): boolean => {
  for (const key of rule.required) if (!node.entries.has(key)) missing(node, key, check, trail)
  if (rule.someOf.length > 0 && !rule.someOf.some((key) => node.entries.has(key))) {
    missing(node, rule.someOf.join(' or '), check, trail)
  }
  for (const [key, value] of [...node.entries]) {
    const inner = ruleFor(key, rule)
    const next = into(trail, key)
    if (inner === 'unknown') unknownKey(node, key, value, rule, check, trail)
    else if (!checkSchema(value, inner, check, next)) node.entries.delete(key)
  }
  return true
}

const missing = (node: MapNode, key: string, check: Check, trail: Trail): void =>
  refuse(check, trail, 'SP1103', `${name(trail)} lacks the key ${key}`, node)

const ANY: Rule = { kind: 'any' }

const ruleFor = (key: string, rule: MapRule): Rule | 'unknown' => {
  const known = Object.hasOwn(rule.keys, key) ? rule.keys[key] : undefined
  if (known !== undefined) return known
  if (rule.named?.pattern.test(key)) return rule.named.rule
  if (rule.extensible && key.startsWith('x-')) return ANY
  return rule.closed ? 'unknown' : ANY
}

const unknownKey = (node: MapNode, key: string, value: Node, rule: MapRule, check: Check, trail: Trail): void => {
  node.entries.delete(key)
  const service = serviceOf(trail)
  if (service !== undefined) check.damaged.add(service)
  const hint = didYouMean(key, Object.keys(rule.keys))
  const at = value.keyAt ?? value.at
  const known = Object.keys(rule.keys).length > 0
  const message = known
    ? `unknown key ${JSON.stringify(key)} in ${name(trail)}`
    : `${JSON.stringify(key)} is not allowed as a name in ${name(trail)}`
  check.findings.error('SP1101', message, { at, hint, service })
}
