// deploy.placement.constraints. Values compare without regard to case, as Swarm does.
import type { Constraint, NodeCapacity } from '../../model/resources.ts'
import { architecture, nodeValue } from '../node-value.ts'
import type { Filter } from './filter.ts'

export const constraints: Filter = {
  name: 'constraints',
  reads: 'node',
  prepare: (table, cls) => {
    if (cls.constraints.length === 0) return null
    const failing = (row: number): Constraint | undefined => {
      const node = table.nodes[row]
      return node === undefined ? cls.constraints[0] : cls.constraints.find((constraint) => !holds(constraint, node))
    }
    return {
      fits: (row) => failing(row) === undefined,
      explain: (row) => {
        const constraint = failing(row)
        const node = table.nodes[row]
        if (constraint === undefined || node === undefined) return { reason: 'a constraint does not hold', detail: '' }
        const value = nodeValue(node, constraint.key)
        return {
          reason: `constraint ${constraint.key} ${constraint.operator} ${constraint.value} does not hold`,
          detail: value === null || value === '' ? `has no ${constraint.key}` : `is "${value}"`,
        }
      },
    }
  },
}

/** Where nodes have no roles each of them is manager and worker: a role constraint keeps nothing apart and holds. */
const holds = ({ key, operator, value }: Constraint, node: NodeCapacity): boolean => {
  const actual = nodeValue(node, key)
  if (actual === null) return true
  const wanted = key === 'node.platform.arch' ? architecture(value) : value
  return (actual.toLowerCase() === wanted.toLowerCase()) === (operator === '==')
}
