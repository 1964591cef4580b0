// Semantic rules of a stand-in, each of which a test can switch off: a rule that no test misses proves nothing.
export interface Rules<Rule extends string> {
  holds(rule: Rule): boolean
  switchOff(rule: Rule): void
}

export const createRules = <Rule extends string>(): Rules<Rule> => {
  const off = new Set<Rule>()
  return { holds: (rule) => !off.has(rule), switchOff: (rule) => void off.add(rule) }
}
