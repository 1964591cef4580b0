// deploy.placement: constraints and preferences in Compose's (Swarm's) words.
import type { ComposeDeploy } from '../model/compose.ts'
import type { Constraint, Preference } from '../model/resources.ts'

const CONSTRAINT = /^\s*([\w.\-/]+)\s*(==|!=)\s*(\S(?:.*\S)?)\s*$/
const KEYS = /^(?:node\.(?:id|hostname|ip|role|platform\.(?:os|arch)|labels\.\S+)|engine\.labels\.\S+)$/

/** null: not a constraint that Compose knows. */
export const parseConstraint = (text: string): Constraint | null => {
  const match = CONSTRAINT.exec(text)
  const [, key, operator, value] = match ?? []
  if (key === undefined || value === undefined || !KEYS.test(key)) return null
  return { key, operator: operator === '!=' ? '!=' : '==', value }
}

export const preferencesOf = (deploy: ComposeDeploy | undefined): readonly Preference[] =>
  (deploy?.placement?.preferences ?? []).map(({ spread }) => ({ spread }))
