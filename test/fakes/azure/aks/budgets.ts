// Disruption budgets that allow nothing: an upgrade, which drains nodes, is refused before it begins (the body observed in
// Azure/AKS#4674, unsatisfiable-pdb of the error set).
import { fault } from '../faults.ts'
import type { ClusterRecord } from '../state.ts'
import type { Aks } from './aks.ts'

interface Budgets {
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly namespace: string }
    readonly status?: { readonly disruptionsAllowed?: number; readonly expectedPods?: number }
  }[]
}

export const checkBudgets = async (aks: Aks, { name }: ClusterRecord): Promise<void> => {
  const behind = aks.behind(name)
  if (behind === null || !aks.state.rules.holds('pdbBlocks')) return
  const { items } = await behind.api.request<Budgets>('GET', '/apis/policy/v1/poddisruptionbudgets')
  const blocking = items.filter(({ status }) => status?.disruptionsAllowed === 0 && (status.expectedPods ?? 0) > 0)
  if (blocking.length === 0) return
  const names = blocking.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).join(', ')
  const words = `Upgrade is blocked due to invalid Pod Disruption Budgets (PDBs). Please review the PDB spec to allow disruptions during upgrades. PDB(s): ${names}`
  throw fault(400, ['UnsatisfiablePDB', words])
}
